"""Every detector of series beside River's own: cost of a value, false alarms, and how long a shift takes to be told.

River's own are asked as they are, with their defaults, on the same values (in spreads; where they ask for bits, 1 for a
value more than a spread away). Scorers of River have no alarms of their own, so only their cost is shown. The first
line, an alarm every 1,000 values whatever happens, is what every other line has to beat.

False alarms are breaches per 1,000 values of white noise and of AR(1) noise of 0.5, after a warm-up; the delay is the
median number of values until a shift of 1 and of 3 standard deviations of white noise is told ("–": not within 1,000).
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitors import river_catalogue
from monitors.detectors import load, names
from schemas.readings import Reading, Series
from schemas.signals import BREACH

PANE_NS = 300_000_000_000
WITHIN = 1000
Watch = Callable[[int, float], bool]
Make = Callable[[], tuple[Watch, int]]  # and how many values it needs before it may be asked
# Ours with a level or memory that can be compared: a two-week memory of days would need months.
GIVEN: dict[str, dict[str, Any]] = {
    "conformal": {"min_effect": 0.0, "alpha": 0.004},
    "two_baselines": {"block": 24, "blocks": 7},
    "seasonal": {"min_effect": 3.0},
}


def ours(name: str) -> tuple[Watch, int]:
    """A detector as a rule makes it, and its warm-up."""
    detector, series = load(name, GIVEN.get(name, {})), Series("m", "1", "x")

    def watch(i: int, value: float) -> bool:
        return detector.update(Reading(series, i * PANE_NS, 1000, value, 0.0)).verdict == BREACH

    return watch, detector.memory + 10


def rivers(name: str) -> tuple[Watch, int]:
    """River's class with its own defaults (and a seed), without anything of ours around it."""
    entry = river_catalogue.entries()[name]
    given: dict[str, Any] = {"seed": 1} if "seed" in entry.parameters else {}
    if entry.short == "PredictiveAnomalyDetection":
        given["predictive_model"] = river_catalogue.forecaster(name, {"class": "HoltWinters", "alpha": 0.3})
    detector = entry.make(**given)

    def scored(i: int, value: float) -> bool:
        x = ({"value": value},) if entry.shown == "features" else ({}, value)
        if i > 1:
            detector.score_one(*x)
        detector.learn_one(*x)
        return False

    def told(i: int, value: float) -> bool:
        detector.update(int(abs(value) > 1) if entry.shown == "bit" else value)
        return bool(detector.drift_detected)

    return (told if entry.shown in ("level", "bit") else scored), 300


def every_thousandth() -> tuple[Watch, int]:
    """The dummy."""
    return (lambda i, value: i % 1000 == 999), 300


def noise(seed: int, rho: float = 0.0) -> Iterator[float]:
    rng, x = random.Random(seed), 0.0
    while True:
        x = rho * x + rng.gauss(0.0, (1 - rho * rho) ** 0.5)
        yield x


def cost(make: Make, n: int) -> float:
    """Microseconds of a value, once warm; the better of two runs, for the machine is shared."""
    best = float("inf")
    for _ in range(2):
        (watch, warm), values = make(), noise(1)
        for i in range(warm):
            watch(i, next(values))
        some = [next(values) for _ in range(n)]
        began = time.perf_counter()
        for i, value in enumerate(some, warm):
            watch(i, value)
        best = min(best, (time.perf_counter() - began) / n * 1e6)
    return best


def false_alarms(make: Make, rho: float, n: int) -> float:
    """Per 1,000 values, over four series."""
    alarms = 0
    for seed in range(4):
        (watch, warm), values = make(), noise(seed + 10, rho)
        alarms += sum(watch(i, next(values)) and i >= warm for i in range(warm + n // 4))
    return alarms * 1000 / n


def delay(make: Make, shift: float, times: int) -> str:
    """Median, in values; alarms before the shift do not count."""
    found = []
    for seed in range(times):
        (watch, warm), values = make(), noise(seed + 100)
        for i in range(warm):
            watch(i, next(values))
        told = (k + 1 for k in range(WITHIN) if watch(warm + k, next(values) + shift))
        found.append(next(told, WITHIN + 1))
    middle = median(found)
    return f"{middle:.0f}" if middle <= WITHIN else "–"


def row(title: str, make: Make, n: int, *, silent: bool) -> str:
    cells = [title, f"{cost(make, min(n, 2000)):.1f}"]
    if silent:
        return f"| {' | '.join([*cells, '', '', '', ''])} |"
    cells += [f"{false_alarms(make, rho, n):.2f}" for rho in (0.0, 0.5)]
    cells += [delay(make, shift, 15) for shift in (1.0, 3.0)]
    return f"| {' | '.join(cells)} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--values", type=int, default=40_000, help="values for the false alarms of one detector")
    parser.add_argument("--only", default="", help="only detectors whose name holds this text")
    args = parser.parse_args()
    print("| detector | µs a value | false alarms, white | false alarms, AR(1) 0.5 | delay of 1 σ | delay of 3 σ |")
    print("|---|---:|---:|---:|---:|---:|", flush=True)
    lines: list[tuple[str, Make, bool]] = [("(an alarm every 1,000)", every_thousandth, False)]
    # `significant` judges a p that the reading brings: it is as good as that p.
    lines += [(name, partial(ours, name), False) for name in names() if name != "significant"]
    for name, entry in river_catalogue.entries().items():
        scores = entry.shown in ("features", "target")
        lines += [(name, partial(ours, name), False), (f"– River's own {entry.short}", partial(rivers, name), scores)]
    for title, make, silent in lines:
        if args.only in title:
            n = args.values // 10 if "LocalOutlierFactor" in title else args.values
            print(row(title, make, n, silent=silent), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
