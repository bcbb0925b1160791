"""A day of a made-up bank: 50 models, 200 principals, 25 faults, 5 attacks, and an outage that 20 models feel. Seeded.

The first half of the day is healthy. Each fault is on one model of its own and lasts an hour. In the outage a system
that 20 models take `amount` from is down for 40 minutes: some answer without it, some fail, some wait for it. The five
models that are attacked are real ones, and so are the attacks on them (tests/support/bank_models.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from schemas.events import RawRecord, Source
from streams.pipeline import Feed
from tests.support.bank_models import Answering, attacked
from tests.support.traffic import MONDAY

MODELS, TOUCHED, PRINCIPALS, PER_MINUTE = 50, 20, 200, 20
CLIENTS = 12  # of a model
MINUTE, HOUR = 60, 3600
KINDS = ("unit", "lost", "errors", "slow", "score")
FAULTS, ATTACKS = 25, 5
OUTAGE = (15 * HOUR, 15 * HOUR + 40 * MINUTE)
PARTITIONS = 4
CHUNK = 10 * MINUTE


class Fault(NamedTuple):
    """What goes wrong on a model, from when to when, seconds of the day; and who does it, "" if nobody."""

    kind: str
    model: str
    start: int
    end: int
    principal: str = ""


@dataclass(frozen=True)
class Bank:
    """The day's faults, and the models that are real, by number; the records follow from the seed."""

    seed: int
    faults: tuple[Fault, ...]
    real: dict[int, Answering]

    @property
    def touched(self) -> set[str]:
        """Models that the outage touches."""
        return {name(i) for i in range(TOUCHED)}

    def feeds(self, from_hour: int = 0, parts: Sequence[int] = range(PARTITIONS)) -> Iterator[Feed]:
        """The day in order of time, ten minutes of each of these partitions at a time."""
        offsets = [0] * PARTITIONS
        rngs = [np.random.default_rng([self.seed, i]) for i in range(MODELS)]
        for start in range(from_hour * HOUR, 24 * HOUR, CHUNK):
            for partition in parts:
                models = range(partition, MODELS, PARTITIONS)
                rows = sorted(row for i in models for row in self.rows(i, start, CHUNK, rngs[i]))
                first = offsets[partition]
                offsets[partition] += len(rows)
                records = [RawRecord(first + n, text.encode(), None) for n, (_, text) in enumerate(rows)]
                yield Source("bank", "inference", partition), records

    def rows(self, i: int, start: int, seconds: int, rng: np.random.Generator) -> list[tuple[float, str]]:
        """(second of the day, record) of one model in a stretch of time."""
        n = rng.poisson(PER_MINUTE * seconds / MINUTE)
        ts = start + np.sort(rng.uniform(0, seconds, n))
        if i in self.real:
            asking = [client(i, c) for c in clients_asking(rng, n)]
            honest = self.real[i].records(name(i), MONDAY, ts, asking, rng)
            return honest + self.real[i].attacked(name(i), MONDAY, start, start + seconds, rng)
        amount, age = rng.lognormal(4, 1, n), rng.normal(40, 10, n)
        channel = rng.choice(["web", "app", "branch"], n, p=[0.5, 0.3, 0.2])
        score, latency, failed = rng.beta(2, 5, n), rng.lognormal(3, 0.4, n), rng.random(n) < 0.01
        who = clients_asking(rng, n)
        lost = np.zeros(n, dtype=bool)
        for fault in self.faults:
            if fault.model == name(i):
                now = (ts >= fault.start) & (ts < fault.end)
                amount = np.where(now & (fault.kind == "unit"), amount * 100, amount)
                lost |= now & (fault.kind == "lost")
                failed |= now & (fault.kind == "errors") & (rng.random(n) < 0.3)
                latency = np.where(now & (fault.kind == "slow"), latency * 4, latency)
                score = np.where(now & (fault.kind == "score"), np.sqrt(score), score)
        if i < TOUCHED:
            now = (ts >= OUTAGE[0]) & (ts < OUTAGE[1])
            lost |= now & (i % 2 == 0)
            failed |= now & (i % 3 == 0) & (rng.random(n) < 0.5)
            latency = np.where(now & (i % 2 == 1), latency * 6, latency)
        return [
            (t, record(i, t, client(i, w), None if gone else a, g, c, s, wait, bad))
            for t, w, a, g, c, s, wait, bad, gone in zip(ts, who, amount, age, channel, score, latency, failed, lost)
        ]


def name(i: int) -> str:
    """Of a model."""
    return f"m{i:02d}"


def client(i: int, number: int) -> str:
    """One of the twelve principals that a model answers, 1 to 12; many answer several models' questions."""
    return f"p{(number * 17 + i) % PRINCIPALS:03d}"


def clients_asking(rng: np.random.Generator, n: int) -> list[int]:
    """Of n events, which of the twelve each comes from: the first asks most."""
    found: list[int] = np.minimum(rng.geometric(0.15, n), CLIENTS).tolist()
    return found


def record(
    i: int, t: float, who: str, amount: float | None, age: float, channel: str, score: float, latency: float, bad: bool
) -> str:
    """One log record."""
    given = "" if amount is None else f'"amount": {amount:.2f}, '
    return (
        f'{{"ts": {MONDAY + t:.3f}, "model": "{name(i)}", "version": "1", "principal": "{who}", "features": {{{given}'
        f'"age": {age:.0f}, "channel": "{channel}"}}, "score": {score:.4f}, "prediction": {int(score > 0.5)}, '
        f'"latency_ms": {latency:.2f}, "status": "{"error" if bad else "ok"}"}}'
    )


def bank(seed: int) -> Bank:
    """25 faults and 5 attacks on the models that the outage leaves alone, in the second half of the day."""
    rng = np.random.default_rng(seed)
    starts = rng.integers(12 * HOUR + 10 * MINUTE, 22 * HOUR, FAULTS + ATTACKS).tolist()
    faults = [
        Fault(KINDS[n % len(KINDS)], name(TOUCHED + n), start, start + HOUR) for n, start in enumerate(starts[:FAULTS])
    ]
    first = TOUCHED + FAULTS
    clients = [client(first + n, 3 + n) for n in range(ATTACKS)]
    strangers = [client(first + n, CLIENTS + 3 + n) for n in range(ATTACKS)]
    real = dict(enumerate(attacked(seed, starts[FAULTS:], HOUR, clients, strangers), first))
    faults += [
        Fault(one.attack.kind, name(i), start, start + HOUR, one.attack.principal)
        for (i, one), start in zip(real.items(), starts[FAULTS:])
    ]
    return Bank(seed, tuple(faults), real)
