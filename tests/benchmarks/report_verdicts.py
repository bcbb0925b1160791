"""Weekly verdicts on real tables turned into logs, beside Evidently's default verdict on the same rows.

    python tests/benchmarks/report_verdicts.py [--data car-loan|bank]

Car loans: the baseline is learnt from a part of 2018 in which nothing changes; the weeks after it are healthy until
2018-10-30, then values are missing and a new category comes, and on 2019-03-31 the loans themselves change. What truly
changed is computed from the whole stretch, not taken from a week. Bank calls: nobody knows what truly changed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from dashboards.reports.gather import gather
from dashboards.reports.judged import Judged, judge
from dashboards.reports.weeks import week_at
from monitors.week import WEEK_NS
from schemas.settings import Settings
from streams.ruleset import read_rules
from tests.support.real_logs import bank_marketing, car_loans, write_log
from tests.support.weeks import learnt, observe, opened, split

SECOND_NS = 1_000_000_000
PERIODS = {
    "car-loan": (("healthy", "2018-08-06"), ("data faults", "2018-10-30"), ("faults, and other loans", "2019-03-31")),
    "bank": (("2009 and 2010", "2009-01-05"),),
}
TABLES = {"car-loan": (car_loans, 20_000), "bank": (bank_marketing, 10_000)}


def at(date: str) -> int:
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()) * SECOND_NS


async def judged(name: str, folder: Path) -> list[Judged]:
    """Every whole week from the first period on."""
    table, trained_on = TABLES[name]
    log = folder / "log.jsonl"
    write_log(table(), name, trained_on, log)
    start = at(PERIODS[name][0][1])
    before, _ = split(log, start / SECOND_NS)
    settings = Settings()
    rules, found = read_rules(settings), []
    last = json.loads(log.read_text().rsplit("\n", 2)[-2])["ts"] * SECOND_NS
    async with opened(folder / "store") as store:
        await observe(store, [log], learnt(before))
        first = week_at(start + WEEK_NS - 1).from_ns
        for from_ns in range(first, int(last) - WEEK_NS, WEEK_NS):
            found.append(judge(await gather(store, settings, rules, name, week_at(from_ns), int(last))))
    return found


def rows_of(name: str, weeks: Sequence[Judged]) -> Iterable[str]:
    periods = [(word, at(date)) for word, date in PERIODS[name]] + [("", 1 << 62)]
    for (word, begin), (_, end) in pairwise(periods):
        mine = [w for w in weeks if begin <= w.asked.week.from_ns and w.asked.week.until_ns <= end]
        mine = [w for w in mine if len(w.asked.sample)]
        told = [w.told for w in mine if w.told is not None]
        named = Counter(what for w in mine for what in {f"{c.feature or 'score'} ({c.kind})" for c in w.named})
        evidently = Counter(d.column for each in told for d in each.drifts if d.drifted)
        ours, theirs = sum(bool(w.named) for w in mine), sum(any(d.drifted for d in t.drifts) for t in told)
        dataset = sum(each.dataset_drift for each in told)
        yield f"\n## {name}: {word}: {len(mine)} weeks"
        yield f"weeks that name anything: ours {ours}, Evidently columns {theirs}, Evidently dataset drift {dataset}"
        counts: defaultdict[str, list[str]] = defaultdict(list)
        for source, counter in (("ours", named), ("Evidently", evidently)):
            counts[source] = [f"{what} {n}" for what, n in counter.most_common()]
            yield f"{source}: {', '.join(counts[source]) or 'nothing'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", choices=sorted(TABLES), action="append")
    for name in parser.parse_args().data or sorted(TABLES):
        with tempfile.TemporaryDirectory() as folder:
            print("\n".join(rows_of(name, asyncio.run(judged(name, Path(folder))))), flush=True)


if __name__ == "__main__":
    main()
