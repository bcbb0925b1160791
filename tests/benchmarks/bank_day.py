"""A day of a made-up bank through the whole line: who is told what, by us and by two others.

50 models, 200 principals, 30 faults and attacks, one outage that 20 models feel (tests/support/bank.py), 1.4 million
records through the same code as a worker's, in memory. Prints, for "every alert pages", Alertmanager's grouping alone
and Mirqab: pages and tickets of the healthy half of the day, of the outage, of all; how many of the 30 were told, and
after how long, and of how many only an update of another incident tells (joined).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from schemas.alerts import PAGE, TICKET, Alert
from schemas.settings import Settings
from streams.pipeline import Line
from streams.sinks.nowhere import Nowhere
from tests.support.bank import HOUR, MINUTE, MODELS, OUTAGE, PARTITIONS, Bank, bank
from tests.support.paged import Note, alertmanager, every_alert, ours
from tests.support.traffic import MONDAY, NOW_NS, RULES, learn_from

LATE = 90 * MINUTE  # after the end of a fault, a notification still counts as of it
SECOND_NS = 1_000_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="of the day")
    parser.add_argument("--from-hour", type=int, default=0, help="hour of the day to begin at; faults begin after 12")
    args = parser.parse_args()
    day = bank(args.seed)
    settings = Settings().replace("kafka", partitions=PARTITIONS).replace("judge", model_slots=PARTITIONS * MODELS)
    begun = time.monotonic()
    told, events = judged(day, settings, args.from_hour)
    print(f"bank_day seed={args.seed} events={events} seconds={time.monotonic() - begun:.0f} transitions={len(told)}")
    print(f"{'':30} healthy   outage    all              told of 30   time to tell, min")
    print(f"{'':30} pg  tk    pg  tk    pg   tk   pages fault attack   median  largest   joined")
    rows = {
        "every alert": every_alert(told),
        "Alertmanager by alertname": alertmanager(told, lambda a: a.rule),
        "Alertmanager by model": alertmanager(told, lambda a: a.series.model),
        "Mirqab": ours(told, settings),
    }
    for title, notes in rows.items():
        print(f"{title:30} {row(day, notes)}")
    return 0


def judged(day: Bank, settings: Settings, from_hour: int) -> tuple[list[Alert], int]:
    """Every alert transition of the day, and how many events there were."""
    told: list[Alert] = []
    line = Line(settings, RULES, Nowhere(), clock=lambda: NOW_NS, told=told.append)
    for i in range(MODELS):
        rng = np.random.default_rng([day.seed, i, 99])
        line.baselines.add(learn_from(json.loads(text) for _, text in day.rows(i, 0, 3 * HOUR, rng)))
    meter = asyncio.run(line.run(day.feeds(from_hour), [("inference", p) for p in range(PARTITIONS)]))
    return told, meter.events


def row(day: Bank, notes: list[Note]) -> str:
    """The figures of one way of telling."""
    second = [(note, note.at_ns / SECOND_NS - MONDAY) for note in notes]
    loud = [(note, at) for note, at in second if not note.quiet]
    healthy = Counter(note.level for note, at in loud if at < 12 * HOUR)
    outage = Counter(
        note.level for note, at in loud if OUTAGE[0] <= at < OUTAGE[1] + LATE and day.touched & set(note.models)
    )
    every = Counter(note.level for note, _ in loud)
    found: dict[bool, list[float]] = {True: [], False: []}
    joined = 0  # faults of which only an update of another incident tells
    for fault in day.faults:
        hits = [
            (at - fault.start, note.quiet)
            for note, at in second
            if fault.model in note.models and fault.start <= at < fault.end + LATE
        ]
        if hits:
            found[fault.kind == "attack"].append(min(hits)[0] / MINUTE)
            joined += all(quiet for _, quiet in hits)
    times = [t for part in found.values() for t in part]
    said = f"{statistics.median(times):7.0f} {max(times):8.0f}" if times else "      –        –"
    return (
        f"{healthy[PAGE]:2} {healthy[TICKET]:3}    {outage[PAGE]:2} {outage[TICKET]:3}   "
        f"{every[PAGE]:3}  {every[TICKET]:3}         {len(found[False]):2}/25   {len(found[True])}/5   "
        f"{said}   {joined:6}"
    )


if __name__ == "__main__":
    sys.exit(main())
