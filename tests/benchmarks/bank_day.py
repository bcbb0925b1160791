"""A day of a made-up bank through the whole line: who is told what, by us and by two others.

50 models, 200 principals, 30 faults and attacks, one outage that 20 models feel (tests/support/bank.py), 1.4 million
records through the same code as a worker's, in memory. Prints, for "every alert pages", Alertmanager's grouping alone
and Mirqab: pages and tickets of the healthy half of the day, of the outage, of all; how many of the 25 faults were told
of, of how many attacks the attacker was named, and after how long; and of how many only an update of another incident
tells (joined). Then each attack, and what is told of no fault.

On several cores: `--part N --alerts FILE` judges the models of one partition, for nothing here is judged of two models;
then `--alerts` with all the files puts them together.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from schemas.alerts import PAGE, TICKET, Alert
from schemas.settings import Settings
from streams.pipeline import Line
from streams.sinks.nowhere import Nowhere
from tests.support.bank import HOUR, MINUTE, MODELS, OUTAGE, PARTITIONS, Bank, Fault, bank, name
from tests.support.paged import Note, alertmanager, every_alert, ours
from tests.support.traffic import MONDAY, NOW_NS, RULES, learn_from

LATE = 90 * MINUTE  # after the end of a fault, a notification still counts as of it
SECOND_NS = 1_000_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="of the day")
    parser.add_argument("--from-hour", type=int, default=0, help="hour of the day to begin at; faults begin after 12")
    parser.add_argument(
        "--alerts", type=Path, nargs="+", default=[], help="what was judged; written where it is not there"
    )
    parser.add_argument(
        "--part", type=int, choices=range(PARTITIONS), help="judge this partition alone, and say nothing"
    )
    args = parser.parse_args()
    day = bank(args.seed)
    settings = Settings().replace("kafka", partitions=PARTITIONS).replace("judge", model_slots=PARTITIONS * MODELS)
    begun = time.monotonic()
    if args.alerts and all(path.exists() for path in args.alerts):
        read = [msgspec.json.decode(path.read_bytes(), type=list[Alert]) for path in args.alerts]
        told, events = [alert for part in read for alert in part], 0
    else:
        parts = range(PARTITIONS) if args.part is None else [args.part]
        told, events = judged(day, settings, args.from_hour, parts)
        for path in args.alerts[:1]:
            path.write_bytes(msgspec.json.encode(told))
    if args.part is not None:
        return 0
    print(f"bank_day seed={args.seed} events={events} seconds={time.monotonic() - begun:.0f} transitions={len(told)}")
    print(f"{'':30} healthy   outage    all         told of 25   named of 5   time to tell, min")
    print(f"{'':30} pg  tk    pg  tk    pg   tk         faults      attacks   median  largest   joined")
    rows = {
        "every alert": every_alert(told),
        "Alertmanager by alertname": alertmanager(told, lambda a: a.rule),
        "Alertmanager by model": alertmanager(told, lambda a: a.series.model),
        "Mirqab": ours(told, settings),
    }
    for title, notes in rows.items():
        print(f"{title:30} {row(day, notes)}")
    print("\n".join(details(day, told, rows["Mirqab"])))
    return 0


def details(day: Bank, told: Sequence[Alert], notes: Sequence[Note]) -> Iterator[str]:
    """Each attack, with the alerts of attacks on its model; and loud notes that fit no fault, attack or outage."""
    last = {alert.id: alert for alert in told}.values()
    for i, one in day.real.items():
        about = sorted({(a.family, a.level, a.principals) for a in last if a.series.model == name(i)})
        said = [f"{family} {level} {' '.join(who)}".strip() for family, level, who in about]
        yield f"{name(i)} {one.target.name} {one.attack.kind} by {one.attack.principal}: {', '.join(said) or 'nothing'}"
    for note in notes:
        at = note.at_ns / SECOND_NS - MONDAY
        faults = {fault.model for fault in day.faults if fault.start <= at < fault.end + LATE}
        outage = day.touched if OUTAGE[0] <= at < OUTAGE[1] + LATE else set()
        if not note.quiet and not (faults | outage) & set(note.models):
            yield f"of no fault: {note.level} at {at / HOUR:.2f} h on {' '.join(note.models)}"


def judged(day: Bank, settings: Settings, from_hour: int, parts: Sequence[int]) -> tuple[list[Alert], int]:
    """Every alert transition of these partitions' day, and how many events there were."""
    told: list[Alert] = []
    line = Line(settings, RULES, Nowhere(), clock=lambda: NOW_NS, told=told.append)
    for i in (i for i in range(MODELS) if i % PARTITIONS in parts):
        rng = np.random.default_rng([day.seed, i, 99])
        line.baselines.add(learn_from(json.loads(text) for _, text in day.rows(i, 0, 3 * HOUR, rng)))
    meter = asyncio.run(line.run(day.feeds(from_hour, parts), [("inference", p) for p in parts]))
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
    hits = {fault: told_of(fault, second) for fault in day.faults}
    found = {fault: min(each) for fault, each in hits.items() if each}
    joined = sum(all(quiet for _, quiet in each) for each in hits.values() if each)
    named = sum(bool(fault.principal) for fault in found)
    times = [at / MINUTE for at, _ in found.values()]
    said = f"{statistics.median(times):7.0f} {max(times):8.0f}" if times else "      –        –"
    counts = f"{len(found) - named:2}/25          {named}/5"
    return (
        f"{healthy[PAGE]:2} {healthy[TICKET]:3}    {outage[PAGE]:2} {outage[TICKET]:3}   "
        f"{every[PAGE]:3}  {every[TICKET]:3}          {counts}   {said}   {joined:6}"
    )


def told_of(fault: Fault, notes: Sequence[tuple[Note, float]]) -> list[tuple[float, bool]]:
    """(seconds after its begin, whether quietly) of what is told of a fault, or accuses an attack's principal."""
    return [
        (at - fault.start, note.quiet)
        for note, at in notes
        if fault.model in note.models
        and fault.start <= at < fault.end + LATE
        and (not fault.principal or fault.principal in note.accused)
    ]


if __name__ == "__main__":
    sys.exit(main())
