"""What telling attacks early costs: the same progress messages judged with looks at open minutes, and without.

Five models of 20 features, 100 principals, an attacker on one model, four partitions whose blocks are published every
second, as a worker does. `judge` alone is timed, by processor time, both ways in turn; events and rows go to memory.
Prints processor milliseconds a second of the log for each, what was told early and what became of it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from schemas.alerts import Alert
from schemas.baselines import Baseline
from schemas.events import RawRecord, Source
from schemas.rules import load_rules
from schemas.settings import Settings
from streams.judging import Clocks, Judging
from streams.known import Baselines
from streams.meter import Meter
from streams.pipeline import Line
from streams.sinks.memory import MemoryStore
from tests.support.bench import ROOT, START, baselines
from tests.support.bench_worker import records

SECOND_NS = 1_000_000_000
PARTITIONS = 4
KNOWN = baselines([f"m{i}" for i in range(5)])
RULES = load_rules(ROOT / "monitors" / "rules")
SOURCES = [Source("bench", "bench", p) for p in range(PARTITIONS)]
Messages = list[tuple[int, bytes]]


async def published(settings: Settings, args: argparse.Namespace) -> list[Messages]:
    """What `observe` says second by second, of one shard."""
    line = Line(settings, RULES, MemoryStore(), clock=lambda: (START + 10**6) * SECOND_NS)
    for baseline in KNOWN:
        line.baselines.add(baseline)
    wide = {"models": 5, "principals": 100, "per_second": args.per_second, "start": float(START)}
    made = records(args.per_second * args.seconds, **wide, even=False, attackers=2)
    said, first = [], 0
    while part := list(islice(made, args.per_second)):
        line.time += SECOND_NS
        for p, source in enumerate(SOURCES):
            mine = [RawRecord(first + i, value, None) for i, value in enumerate(part[p::PARTITIONS])]
            await line.observer.feed(source, mine)
        await line.observer.tick({})
        said.append(line.summaries[0])
        line.summaries[0], first = [], first + args.per_second
    return said


async def judged(settings: Settings, said: Sequence[Messages], looks: bool) -> tuple[float, Counter[str]]:
    """Processor seconds, and how many notices of each kind."""
    known, told, now = Baselines(), list[Alert](), [0]
    for baseline in KNOWN:
        known.add(baseline)

    async def tell(alerts: Sequence[Alert], baselines: Sequence[Baseline]) -> None:
        told.extend(alert for alert in alerts if alert.early)

    clock = lambda: now[0]  # noqa: E731 - read by both
    clocks = Clocks(clock, clock) if looks else None
    meter, floor = Meter(), lambda offset: None
    judging = Judging(0, settings, RULES, MemoryStore(), known, tell=tell, floor=floor, meter=meter, clocks=clocks)
    await judging.rebuild()
    judging.expect([(source.topic, source.partition) for source in SOURCES])
    began = time.process_time()
    for messages in said:
        now[0] += SECOND_NS
        await judging.feed(messages)
    return time.process_time() - began, Counter(alert.early for alert in told)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-second", type=int, default=1000, help="events a second")
    parser.add_argument("--seconds", type=int, default=240, help="length of the log")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is timed; the quickest counts")
    args = parser.parse_args()
    settings = Settings().replace("kafka", partitions=1).replace("judge", model_slots=5)
    said = asyncio.run(published(settings, args))
    spent: dict[bool, list[float]] = {False: [], True: []}
    found: Counter[str] = Counter()
    for _ in range(args.rounds):
        for looks in spent:
            seconds, told = asyncio.run(judged(settings, said, looks))
            spent[looks].append(seconds)
            found = told if looks else found
    without, with_looks = (1000 * min(spent[looks]) / args.seconds for looks in (False, True))
    notices = " ".join(f"{early}={count}" for early, count in sorted(found.items())) or "told=0"
    print(
        f"early per_second={args.per_second} closes_only_ms={without:.1f} with_looks_ms={with_looks:.1f} "
        f"ratio={with_looks / without:.2f} {notices}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
