"""What this report rests on, and what nobody watched: the baseline, the sample, blind rules, versions, labels."""

from __future__ import annotations

from collections.abc import Iterator

from dashboards.console.words import count, duration, iso, share
from dashboards.reports.document import Facts, Section, Table, Text
from dashboards.reports.gather import Asked
from dashboards.reports.judged import Judged
from monitors.drills import STRENGTHS, all_kinds
from monitors.drills.lost import SEEN
from monitors.week import DAY_NS
from monitors.weekly.worth import wilson

PLACE = 80


def section(judged: Judged) -> Section | None:
    asked = judged.asked
    blind = list(_blind(judged))
    rows = tuple((text,) for text in blind)
    versions = tuple(
        (r["version"] or "(none)", count(r["events"]), share(r["scored"] / r["events"])) for r in asked.versions
    )
    pairs = [("Baseline", _baseline(judged)), ("Looked at one by one", _sample(judged)), ("Drills", _drills(asked))]
    blocks = [Facts(tuple(pairs))]
    tables: list[Table | Text] = []
    if versions:
        tables.append(Table(("Version", "Answers", "scored"), versions, frozenset({1, 2})))
    tables.append(Table(("Blind spots",), rows) if rows else Text("No blind spot was found."))
    return Section("coverage", "What this rests on, and blind spots", (*blocks, *tables), {"blind_spots": blind})


def _baseline(judged: Judged) -> str:
    asked, row = judged.asked, judged.asked.baseline
    if row is None:
        return "none"
    by = asked.approvals[0] if asked.approvals else None
    stored = asked.reference.rows if asked.reference is not None else None
    return "; ".join(
        (
            f"{row['id']}, number {row['number']} of version {row['version'] or '(none)'}",
            f"{row['origin']} from {iso(row['learnt_from_ns'])} to {iso(row['learnt_to_ns'])}",
            f"approved by {by['actor']}: {by['reason']}" if by else "approved by nobody",
            f"compared with {count(len(stored))} stored events of that time" if stored else "compared with its counts",
        )
    )


def _sample(judged: Judged) -> str:
    asked, n = judged.asked, len(judged.asked.sample)
    if not n:
        return "none"
    if n >= asked.events:
        return f"all {count(n)}: no sampling error"
    left = (1 - n / asked.events) ** 0.5  # of what was not drawn alone comes an error
    half = (0.5 - wilson(0.5, n)[0]) * left
    return (
        f"{count(n)} of {count(asked.events)}, drawn by a hash of their identity: shares are within "
        f"± {100 * half:.2f} points of those of all answers (95 %)"
    )


def _drills(asked: Asked) -> str:
    """How much of the trouble put into a shadow of this model's traffic was seen, up to the end of the week."""
    tried = [row for row in asked.drills if row["times"]]
    if not tried:
        return "none was run" if not asked.drills else "none could be tried"
    seen = sum(row["level"] in SEEN for row in tried)
    return f"{seen} of {len(tried)} seen as ticket or page; the last on {iso(max(r['tried_ns'] for r in tried))[:10]}"


def _unseen(asked: Asked) -> Iterator[str]:
    """What drills do not see, lost things first."""
    for row in asked.drills:
        if row["times"] and row["lost"]:
            what, last = f"{row['strength']} {row['kind']}", iso(row["seen_ns"])[:10]
            yield f"Drills of {what} were seen until {last} and are not any more."
    strong = [r["kind"] for r in asked.drills if r["times"] and r["strength"] == STRENGTHS[-1] and not r["lost"]]
    seen = {r["kind"] for r in asked.drills if r["strength"] == STRENGTHS[-1] and r["level"] in SEEN}
    never = [kind for kind in strong if kind not in seen]
    if never:
        yield f"Even strong drills of {', '.join(never)} are seen by no ticket or page."
        yield from (f"Known of {kind}: {all_kinds()[kind].GAPS}." for kind in never if kind in all_kinds())
    if not asked.drills:
        yield "No drill was run: that the monitors would see trouble of this model is not shown."


def _blind(judged: Judged) -> Iterator[str]:
    asked = judged.asked
    n, row = asked.events, asked.baseline
    if row is None:
        yield "No baseline: nothing of the inputs was compared."
    elif row["learnt_to_ns"] - row["learnt_from_ns"] < DAY_NS:
        length = duration(row["learnt_to_ns"] - row["learnt_from_ns"])
        yield f"The baseline is from {length}: what only follows the time of day or week shows as a change."
    if row is not None and not asked.approvals:
        yield "Nobody approved the baseline: whether its time was normal is not known."
    scored = asked.total("scored")
    if n and scored < n:
        part = f"{count(n - scored)} answers ({share((n - scored) / n)})"
        yield f"{part} came before a baseline was known and were not scored."
    by_metric = {r["metric"]: r for r in asked.readings}
    silent = [r.id for r in asked.rules.values() if not by_metric.get(r.metric, {}).get("with_value")]
    if silent:
        few = f"{', '.join(silent[:8])}{', …' if len(silent) > 8 else ''}"
        yield f"{len(silent)} of {len(asked.rules)} rules had no reading with enough data in this week: {few}."
    if judged.measured is None and n:
        yield "No labels: whether the answers were right is only estimated, if at all."
    if judged.schema.new:
        yield f"Not in the baseline, so not watched: {', '.join(judged.schema.new)}."
    late = sum(int(r["events"]) for r in asked.late)
    if late:
        yield f"{count(late)} events came after their minute had closed and were not judged."
    yield from _unseen(asked)
