"""Known changes: how fast and how surely Mirqab tells them, beside River, Evidently and two dummies, pane by pane.

Two parts. *Made* changes: real rows are drawn anew for every event, then one column is shifted, stretched, given
another mix or loses values, the score moves, or labels change their meaning, in three strengths
(`tests.support.changes_made`). Labels come with the answers; River and Evidently see errors as one more column.
*Natural* changes: rows in their own order. A cell says in how many of the changes there was an alarm within so many
panes, and after how many panes in the median ("–": in none); events are panes times events a pane. False alarms are
panes with an alarm before the change, per 1,000, from the moment the reference was complete; lasting ones count in
every pane. A *ticket* of Mirqab is an alert at ticket level or above, *suspected* any alert. The model is one of 100
that share the budget, as shipped (one false ticket a week for all of them), or *alone* with all of it.

What it does not do: labels that come later; and rows drawn at random have neither rhythm nor clients of their own
(`rates.py` has).
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import copy
import json
import multiprocessing
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from schemas.rules import load_rules
from schemas.settings import Settings
from tests.support.changes_made import KINDS, SIZES, make
from tests.support.changes_rows import HISTORIES, SHARED, WORLDS, Names, Rows, World
from tests.support.changes_watched import Mirqab, Watcher, watchers

RULES = load_rules(Path(__file__).resolve().parents[2] / "monitors" / "rules")
DAY = 288  # panes
ONE = Settings().replace("kafka", partitions=1)
BUDGETS = (("", ONE), ("alone, ", ONE.replace("judge", model_slots=1)))


@dataclass
class Found:
    """What a task gave: per column alarms and panes before the change, per (section, row, column) delays."""

    alarms: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    panes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    delays: dict[tuple[str, str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    noted: list[str] = field(default_factory=list)

    def encode(self) -> str:
        """One line of JSON, so that parts made by several runs can be read together."""
        alarms, delays = ([[*key, value] for key, value in part.items()] for part in (self.alarms, self.delays))
        return json.dumps({"alarms": alarms, "delays": delays, "panes": self.panes})

    @staticmethod
    def decode(line: str) -> Found:
        """What `encode` wrote; infinite delays are JSON's `Infinity`."""
        told = json.loads(line)
        found = Found()
        found.alarms.update(((section, column), value) for section, column, value in told["alarms"])
        found.delays.update(((section, row, column), value) for section, row, column, value in told["delays"])
        found.panes.update(told["panes"])
        return found

    def add(self, other: Found) -> None:
        for mine, theirs in ((self.alarms, other.alarms), (self.panes, other.panes)):
            for key, value in theirs.items():
                mine[key] = mine[key] + value  # type: ignore[index]
        for row, delays in other.delays.items():
            self.delays[row] += delays
        self.noted += other.noted


@dataclass(frozen=True)
class Task:
    """One stream: a world or a history, so many events a pane, one seed."""

    name: str
    natural: bool
    events: int
    seed: int
    quiet: int  # panes before a made change
    within: int  # panes in which a change must be told
    rivals: bool = True
    kinds: tuple[str, ...] = KINDS
    without: tuple[str, ...] = ()

    def watchers(self, names: Names) -> list[Watcher]:
        """Everybody who takes part, afresh."""
        everybody = watchers(names, BUDGETS, RULES, rivals=self.rivals)
        return [each for each in everybody if not each.columns[0].startswith(self.without)]

    @property
    def section(self) -> str:
        return "natural" if self.natural else f"{self.events} events a pane"


def drawn(pool: Rows, events: int, rng: np.random.Generator) -> Rows:
    return pool.take(rng.integers(len(pool), size=rng.poisson(events)))


def run(task: Task) -> Found:
    warnings.simplefilter("ignore")
    return natural(task) if task.natural else made(task)


def quietly(found: Found, task: Task, section: str, all_of_them: list[Watcher], panes: Iterator[Rows]) -> int:
    """Show what comes before the change; returns how many panes that were."""
    number, counted = -1, 0
    for number, rows in enumerate(panes):
        known = all(not isinstance(w, Mirqab) or w.prepared is not None for w in all_of_them)
        counted += known
        for watcher in all_of_them:
            for column, told in zip(watcher.columns, watcher.pane(number, rows), strict=True):
                found.alarms[section, column] += told and known
    found.panes[section] += counted
    for watcher in all_of_them:
        if isinstance(watcher, Mirqab):
            found.noted += [f"before: {task} {watcher.columns[0]} {told}" for told in watcher.rules]
    return number + 1


def until_told(watcher: Watcher, first: int, panes: list[Rows]) -> list[float]:
    """After how many panes each column alarms; infinite where it does not."""
    delays = [float("inf")] * len(watcher.columns)
    for i, rows in enumerate(panes):
        told = watcher.pane(first + i, rows)
        delays = [min(delay, i + 1) if yes else delay for delay, yes in zip(delays, told, strict=True)]
        if max(delays) < float("inf"):
            break
    return delays


def made(task: Task) -> Found:
    world: World = WORLDS[task.name][0]()
    rng, found = np.random.default_rng([task.seed, task.events]), Found()
    everybody = task.watchers(world.names)
    # At any time within an hour, not on its stroke.
    before = (drawn(world.rows, task.events, rng) for _ in range(task.quiet + int(rng.integers(12))))
    first = quietly(found, task, task.section, everybody, before)
    for kind in task.kinds:
        for strength in SIZES:
            pool = make(world, kind, strength, task.seed)
            if pool is None:
                continue
            panes = [drawn(pool, task.events, rng) for _ in range(task.within)]
            for watcher in everybody:
                delays = until_told(copy.deepcopy(watcher), first, panes)
                for column, delay in zip(watcher.columns, delays, strict=True):
                    found.delays[task.section, f"{kind}, {strength}", column].append(delay)
                    if delay == float("inf") and column in ("ticket", "alone, ticket") and strength != "small":
                        found.noted.append(f"missed {task} {kind} {strength} {column}")
    return found


def natural(task: Task) -> Found:
    history = HISTORIES[task.name][0]()
    found, everybody = Found(), task.watchers(history.names)
    before, after = history.change // task.events, len(history.rows) // task.events
    panes = [history.rows.take(slice(i * task.events, (i + 1) * task.events)) for i in range(after)]
    first = quietly(found, task, history.title, everybody, iter(panes[:before]))
    for watcher in everybody:
        delays = until_told(watcher, first, panes[before:])
        for column, delay in zip(watcher.columns, delays, strict=True):
            found.delays[task.section, history.title, column].append(delay)
    return found


def cell(delays: list[float]) -> str:
    """Found of all, and the median delay of those found."""
    told = [delay for delay in delays if delay < float("inf")]
    return f"{len(told)}/{len(delays)} {median(told):.0f}" if told else f"0/{len(delays)} –"


def printed(found: Found, columns: list[str]) -> None:
    print("| | " + " | ".join(columns) + " |")
    print("|---|" + "---:|" * len(columns))
    rows = list(dict.fromkeys((section, row) for section, row, _ in found.delays))
    for section in dict.fromkeys(section for section, _ in rows):
        if section != "natural":
            print(rate(found, section, f"**{section}**: false alarms", columns))
        for title in [title for part, title in rows if part == section]:
            if section == "natural":
                print(rate(found, title, f"**{title}**: alarms before", columns))
            cells = [cell(found.delays[section, title, column]) for column in columns]
            print(f"| {title} | {' | '.join(cells)} |")


def rate(found: Found, section: str, title: str, columns: list[str]) -> str:
    panes = found.panes[section]
    cells = [f"{found.alarms[section, column] * 1000 / max(panes, 1):.1f}" for column in columns]
    return f"| {title} a 1,000, {panes:,} panes | {' | '.join(cells)} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="of every world; other columns change")
    parser.add_argument("--days", type=int, default=4, help="before a made change")
    parser.add_argument("--within", type=int, default=DAY, help="panes in which a change must be told")
    parser.add_argument("--events", type=int, nargs="+", default=[200, 30], help="a pane, for made changes")
    parser.add_argument("--only", default="", help="only streams whose name holds this text")
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS, help="of made changes")
    parser.add_argument("--alone", action="store_true", help="Mirqab without the others, ten times faster")
    parser.add_argument("--without", nargs="+", default=[], help="names of others to leave out; Evidently costs most")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--no-made", action="store_true")
    parser.add_argument("--no-natural", action="store_true")
    parser.add_argument("--noted", action="store_true", help="also print Mirqab's false alarms and misses, one by one")
    parser.add_argument("--json", action="store_true", help="a line for `--merge` instead of the table")
    parser.add_argument("--merge", type=Path, nargs="+", help="print the table of what runs with `--json` printed")
    args = parser.parse_args()
    if args.merge:
        found = Found()
        for line in (
            line for path in args.merge for line in path.read_text().splitlines() if line.startswith('{"alarms"')
        ):
            found.add(Found.decode(line))
        printed(found, list(dict.fromkeys(column for _, _, column in found.delays)))
        return 0
    began = time.monotonic()
    tasks = []
    for name, (_, needs) in WORLDS.items():
        if needs is not None and not needs.exists():
            print(f"{name} is left out: there is no {needs.relative_to(SHARED)} in ../shared/data.")
        elif not args.no_made and args.only in name:
            panes = args.days * DAY
            rest = panes, args.within, not args.alone, tuple(args.kinds), tuple(args.without)
            tasks += [Task(name, False, n, s, *rest) for n in args.events for s in args.seeds]
    for name, (_, needs) in HISTORIES.items():
        if (needs is None or needs.exists()) and not args.no_natural and args.only in name:
            tasks.append(Task(name, True, 50, 0, 0, 0, not args.alone, without=tuple(args.without)))
    found = Found()
    with multiprocessing.get_context("spawn").Pool(args.processes) as pool:
        for each in pool.imap(run, sorted(tasks, key=lambda t: (t.natural, -t.events))):
            found.add(each)
    if args.json:
        print(found.encode())
    else:
        printed(found, list(dict.fromkeys(column for _, _, column in found.delays)))
    if args.noted:
        print("\n".join(found.noted))
    print(f"{time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
