"""Data quality: what state the week's records were in. Counted over all of them, not over the sample."""

from __future__ import annotations

from dashboards.console.words import count, share
from dashboards.reports.document import Facts, Section, Table
from dashboards.reports.judged import Judged

PLACE = 60
FLAGS = (
    ("missing", "with a missing input"),
    ("unseen", "with a category never seen"),
    ("out_of_range", "with a number outside the known range"),
    ("anomalous", "unusual as a whole"),
    ("late", "late"),
    ("future", "ahead of the clock"),
)


def section(judged: Judged) -> Section | None:
    asked, n = judged.asked, judged.asked.events
    if not n:
        return None
    scored = asked.total("scored")
    pairs = [
        (f"Answers {words}", _part(asked.total(name), n if name in ("late", "future") else scored))
        for name, words in FLAGS
    ]
    repeated = asked.total("with_id") - asked.total("ids")
    # `uniq` is exact to a percent or two; a smaller difference is its error.
    pairs.append(("Request ids given twice", f"about {count(repeated)}" if repeated > 0.03 * n else "none seen"))
    pairs.append(("Principals", f"about {count(asked.total('principals'))}"))
    if judged.told:
        pairs.append(("Rows of equal inputs (Evidently)", count(judged.told.summary["duplicated_rows"])))
    rejects = sum(int(row["records"]) for row in asked.rejects)
    pairs.append(("Records of all topics that could not be read", count(rejects)))
    rows = tuple((row["reason"], row["topic"], count(row["records"])) for row in asked.rejects[:8])
    table = (Table(("Why they could not be read", "Topic", "Records"), rows, frozenset({2})),) if rows else ()
    data = {name: asked.total(name) for name, _ in FLAGS} | {"events": n, "scored": scored, "rejects": rejects}
    return Section("quality", "Data quality", (Facts(tuple(pairs)), *table), data)


def _part(hits: int, n: int) -> str:
    return f"{count(hits)} ({share(hits / n)})" if n else "not known: none was scored"
