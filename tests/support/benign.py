"""Honest clients of a model, in the ways that look like an attack at first sight.

 normal     working hours (weekend: Friday, Saturday), unequal volumes; every fourth has a mix of its own, and every
            eighth is a new client in the middle of the span
 batch      every night at its hour, some hundred records in minutes
 backfill   one burst of many records
 whatif     an officer who takes a case and moves one field of it
 retry      normal, but a third of the requests is sent again within seconds, unchanged
 loadtest   twelve records over and over
 qa         fields at and beyond the ends of their ranges, a few sessions a week

Columns, no loops over events: a week of 60,000 events is made in a second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from schemas.events import Floats, Ints
from tests.support.attack_models import Target

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
# Clients of each kind, in shares of all, and the share of all events that they send together.
SHARES = {
    "normal": (0.58, 0.50), "batch": (0.12, 0.24), "backfill": (0.08, 0.08), "whatif": (0.08, 0.05),
    "retry": (0.08, 0.06), "loadtest": (0.03, 0.05), "qa": (0.03, 0.02),
}  # fmt: skip
HOURS = np.array([0, 0, 0, 0, 0, 1, 3, 8, 10, 10, 10, 9, 7, 8, 9, 9, 6, 3, 2, 1, 1, 0, 0, 0], dtype=np.float64)


@dataclass(frozen=True)
class Rows:
    """Requests of one model as columns; `who` (n,) numbers the accounts."""

    ts_ns: Ints
    who: Ints
    features: Floats

    @staticmethod
    def joined(parts: list[Rows]) -> Rows:
        return Rows(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("ts_ns", "who", "features")))


@dataclass(frozen=True)
class Span:
    """When, and with whose randomness, a client asks. Days are UTC days."""

    target: Target
    start_ns: int
    days: int
    rng: np.random.Generator


Made = tuple[Ints, Floats]  # times and features
Archetype = Callable[[Span, int, int], Made]  # span, events wanted, number of the client


def benign(target: Target, start_ns: int, days: int, events: int, accounts: int, seed: int) -> tuple[Rows, list[str]]:
    """About `events` requests of `accounts` clients over `days` from `start_ns`, unordered; and each client's kind."""
    rng = np.random.default_rng([seed, *target.name.encode()])
    span = Span(target, start_ns, days, rng)
    kinds = [kind for kind, (share, _) in SHARES.items() for _ in range(max(1, round(share * accounts)))]
    parts = []
    for kind, (_, share) in SHARES.items():
        members = [i for i, each in enumerate(kinds) if each == kind]
        volume = 1 / np.arange(1.0, len(members) + 1)
        for number, (who, wanted) in enumerate(zip(members, share * events * volume / volume.sum())):
            ts_ns, features = ARCHETYPES[kind](span, max(12, round(wanted)), number)
            parts.append(Rows(ts_ns, np.full(len(ts_ns), who), features))
    return Rows.joined(parts), kinds


def working_times(span: Span, n: int, first_day: int = 0) -> Ints:
    """n times in working hours of the days from `first_day` on; few at the weekend."""
    day = np.arange(first_day, span.days)
    # 1970-01-01 was a Thursday, day 3 as datetime.weekday counts.
    weekend = np.isin((span.start_ns // DAY + day + 3) % 7, (4, 5))
    weight = np.where(weekend, 0.15, 1.0)
    chosen = span.rng.choice(day, n, p=weight / weight.sum())
    hour = span.rng.choice(24, n, p=HOURS / HOURS.sum())
    return span.start_ns + chosen * DAY + hour * HOUR + span.rng.integers(0, HOUR, n)


def leaning(span: Span, n: int, lean: float) -> Floats:
    """Honest rows (n, fields) of a client whose mix leans by `lean` in [-1, 1] to one side of the model's answers."""
    rows, _ = span.target.draw(span.rng, 2 * n)
    if not lean:
        return rows[:n]
    score = span.target.answer(rows)[:, -1]
    a, b = np.arange(n), np.arange(n, 2 * n)
    larger = np.where(score[a] > score[b], a, b)
    found: Floats = rows[np.where(span.rng.random(n) < (1 + lean) / 2, larger, a + b - larger)]
    return found


def normal(span: Span, n: int, number: int) -> Made:
    first_day = span.days // 2 if number % 8 == 7 else 0
    lean = float(span.rng.choice([-0.8, 0.8])) if number % 4 == 3 else 0.0
    return working_times(span, n, first_day), leaning(span, n, lean)


def batch(span: Span, n: int, number: int) -> Made:
    night = np.sort(span.rng.integers(0, span.days, n))
    began = span.start_ns + night * DAY + (1 + number % 4) * HOUR
    began += span.rng.integers(0, 600 * SECOND, span.days)[night]
    place = np.arange(n) - np.searchsorted(night, night)  # in its night's job
    gap = int(span.rng.uniform(0.2, 2.0) * SECOND)
    return began + place * gap, leaning(span, n, 0.0)


def backfill(span: Span, n: int, number: int) -> Made:
    began = span.start_ns + int(span.rng.integers(0, span.days * 24)) * HOUR
    return began + np.sort(span.rng.integers(0, HOUR, n)), leaning(span, n, 0.0)


def whatif(span: Span, n: int, number: int) -> Made:
    """Sessions of about twelve requests, half a minute apart; one field of one case moves."""
    cases = max(1, n // 12)
    case = np.repeat(np.arange(cases), 12)
    began = working_times(span, cases)
    wait = span.rng.exponential(30.0, len(case)).reshape(cases, 12).cumsum(axis=1).ravel()
    rows = leaning(span, cases, 0.0)[case]
    field = span.rng.integers(len(span.target.fields), size=cases)[case]
    low, high = span.target.low[field], span.target.high[field]
    moved = low + span.rng.random(len(case)) * (high - low)
    first = np.arange(len(case)) % 12 == 0
    at = np.arange(len(case))
    rows[at, field] = np.where(first, rows[at, field], moved)
    return began[case] + (wait * SECOND).astype(np.int64), rows


def retry(span: Span, n: int, number: int) -> Made:
    once = max(1, int(n * 0.6))
    ts_ns, rows = working_times(span, once), leaning(span, once, 0.0)
    times = np.where(span.rng.random(once) < 1 / 3, span.rng.integers(2, 5, once), 1)
    again = np.repeat(np.arange(once), times)
    place = np.arange(len(again)) - np.searchsorted(again, again)
    return ts_ns[again] + place * span.rng.integers(SECOND, 5 * SECOND, len(again)), rows[again]


def loadtest(span: Span, n: int, number: int) -> Made:
    rows = leaning(span, 12, 0.0)[np.arange(n) % 12]
    runs = max(1, span.days // 4)
    run = np.arange(n) * runs // n
    began = span.start_ns + (run * span.days // runs) * DAY + int(span.rng.integers(8, 20)) * HOUR
    place = np.arange(n) - np.searchsorted(run, run)
    return began + (place * 0.2 * SECOND).astype(np.int64), rows


def qa(span: Span, n: int, number: int) -> Made:
    """Sessions of about twenty requests; in each request some fields lie at an end of their range or half beyond it."""
    low, high = span.target.low, span.target.high
    rows = leaning(span, n, 0.0)
    extreme = np.where(span.rng.random(rows.shape) < 0.5, low, high)
    extreme += np.where(span.rng.random(rows.shape) < 0.3, 0.5, 0.0) * (high - low)
    rows = np.where(span.rng.random(rows.shape) < 0.3, extreme, rows)
    began = working_times(span, n // 20 + 1)[np.arange(n) // 20]
    return began + (np.arange(n) % 20) * 4 * SECOND, rows


ARCHETYPES: dict[str, Archetype] = {
    "normal": normal, "batch": batch, "backfill": backfill, "whatif": whatif, "retry": retry,
    "loadtest": loadtest, "qa": qa,
}  # fmt: skip
