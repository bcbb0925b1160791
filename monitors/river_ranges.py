"""What the numbers of River's classes may be: River checks few of them, and fails late or falls silent on the others.

One `Range` for each number that `monitors.river_catalogue` offers, by class where classes differ, else by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`; an end that is open does not belong to it."""

    low: float
    high: float = inf
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.low_open else value >= self.low
        return above and (value < self.high if self.high_open else value <= self.high)

    def __str__(self) -> str:
        if self.high == inf:
            return f"be more than {self.low:g}" if self.low_open else f"be at least {self.low:g}"
        return f"lie in {'(' if self.low_open else '['}{self.low:g}, {self.high:g}{')' if self.high_open else ']'}"


SHARE = Range(0, 1, low_open=True, high_open=True)
WEIGHT = Range(0, 1)
POSITIVE, COUNT, NATURAL, TWO = Range(0, low_open=True), Range(1), Range(0), Range(2)
UP_TO_ALL = Range(0, 1, low_open=True)

BY_NAME = {
    "clip_gradient": POSITIVE,
    "clock": COUNT,
    "confidence_level": SHARE,
    "d": NATURAL,
    "drift_confidence": SHARE,
    "drift_threshold": POSITIVE,
    "grace_period": NATURAL,
    "height": Range(1, 15),  # a tree has 2 ** (height + 1) nodes
    "horizon": COUNT,
    "intercept_lr": NATURAL,
    "lambda_val": SHARE,
    "m": COUNT,
    "max_buckets": COUNT,
    "min_instances": COUNT,
    "min_window_length": COUNT,
    "n_bins": TWO,
    "n_neighbors": COUNT,
    "n_random_cuts": COUNT,
    "n_std": POSITIVE,
    "n_trees": COUNT,
    "nu": UP_TO_ALL,
    "p": NATURAL,
    "q": NATURAL,
    "seasonality": NATURAL,
    "sd": NATURAL,
    "seed": NATURAL,
    "short_window_size": COUNT,
    "sliding_window_size": COUNT,
    "sp": NATURAL,
    "sq": NATURAL,
    "stat_size": COUNT,
    "threshold": POSITIVE,
    "warm_start": COUNT,
    "warmup_period": NATURAL,
    "warning_confidence": SHARE,
    "warning_threshold": POSITIVE,
    "window_size": TWO,
}
BY_CLASS = {
    "ADWIN": {"delta": SHARE},
    "EDDM": {"alpha": SHARE, "beta": SHARE},
    "HoltWinters": {"alpha": WEIGHT, "beta": WEIGHT, "gamma": WEIGHT},
    "KSWIN": {"alpha": SHARE},
    "PageHinkley": {"alpha": UP_TO_ALL, "delta": NATURAL},
}


def range_of(short: str, key: str) -> Range | None:
    """Of a parameter of a class, named without its module; None for what is no number."""
    return BY_CLASS.get(short, {}).get(key) or BY_NAME.get(key)


def outside(short: str, given: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each number that cannot be."""
    for key, value in given.items():
        allowed = range_of(short, key)
        if allowed is not None and value is not None and value not in allowed:
            yield f"{key} must {allowed}, not {value}"
