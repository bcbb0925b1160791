"""Healthy traffic for `tests/benchmarks/rates.py`: real rows drawn anew for every event, so that nothing ever changes.

Rows are scikit-learn's breast cancer measurements, and what a model trained on them answers. The streams:
 independent     rows drawn at random;
 autocorrelated  the level of a hidden class follows an AR(1) process over minutes (0.95);
 seasonal        traffic and the mix of classes follow the hour, and weekends (Friday, Saturday) differ;
 clients         every principal has a mix of its own, and some send batches at night.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from schemas.events import MINUTE_NS, EventBatch, Floats, Ints, Layout, Source

MONDAY = 1_749_427_200
SOURCE = Source("rates", "rates", 0)
KINDS = ("independent", "autocorrelated", "seasonal", "clients")
DAY = 1440


@dataclass(frozen=True)
class World:
    """Rows of two classes, and what a model says of each."""

    x: tuple[Floats, Floats]
    score: tuple[Floats, Floats]
    names: tuple[str, ...]

    @staticmethod
    @cache
    def load(features: int) -> World:
        x, y = load_breast_cancer(return_X_y=True)
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(x[::2], y[::2])
        score = model.predict_proba(x)[:, 1]
        x = np.tile(x, 2)[:, :features]
        return World((x[y == 0], x[y == 1]), (score[y == 0], score[y == 1]), tuple(f"f{i:02}" for i in range(features)))


Minute = Callable[[int, np.random.Generator], tuple[int, float]]  # minute -> events, share of class 1


def independent(minute: int, rng: np.random.Generator) -> tuple[int, float]:
    return rng.poisson(60), 0.6


class Autocorrelated:
    """The share of a class wanders."""

    def __init__(self) -> None:
        self.level = 0.0

    def __call__(self, minute: int, rng: np.random.Generator) -> tuple[int, float]:
        self.level = 0.95 * self.level + 0.31 * rng.normal()
        return rng.poisson(60), float(1 / (1 + np.exp(-0.4 - 0.5 * self.level)))


def season(minute: int) -> tuple[float, float]:
    """How busy a minute of a week with nights and weekends is, at most 1, and its share of class 1."""
    hour, day = minute / 60 % 24, minute // DAY % 7
    busy = (0.15 + 0.85 * max(0.0, np.sin((hour - 6) / 12 * np.pi))) * (0.4 if day in (4, 5) else 1.0)
    return busy, 0.5 + 0.15 * np.sin(hour / 12 * np.pi) + (0.1 if day in (4, 5) else 0.0)


def seasonal(minute: int, rng: np.random.Generator) -> tuple[int, float]:
    busy, share = season(minute)
    return rng.poisson(100 * busy), share


class Drawn(NamedTuple):
    """One minute of one model: features, scores, classes (0 or 1) and who asked, of each event."""

    x: Floats
    score: Floats
    which: Ints
    who: list[str]


def drawn(world: World, rng: np.random.Generator, which: Ints, who: list[str]) -> Drawn:
    """A row of its class for every event."""
    x, score = np.empty((len(which), len(world.names))), np.empty(len(which))
    for c in (0, 1):
        rows = rng.integers(len(world.x[c]), size=int((which == c).sum()))
        x[which == c], score[which == c] = world.x[c][rows], world.score[c][rows]
    return Drawn(x, score, which, who)


def clients(world: World, minute: int, rng: np.random.Generator) -> Drawn:
    """Thirty principals with mixes of their own; three send batches at night, one each."""
    which, who = [], []
    for c in range(33):
        batch_job = c >= 30
        if batch_job and not (minute % DAY // 60 == c - 28 and minute // DAY % 3 == c % 3):
            continue
        events = rng.poisson(80 if batch_job else 40 / (c + 1.0) ** 0.7)
        which.append(rng.random(events) < 0.35 + 0.5 * ((c * 37) % 33) / 33)
        who += [f"c{c}"] * events
    return drawn(world, rng, np.concatenate(which).astype(np.int64), who)


class Healthy:
    """Minutes of so many models, named m0, m1, …, of one kind; `labelled` is the share of events with a label.

    `copy.deepcopy` gives one that goes on alike.
    """

    def __init__(self, kind: str, features: int, seed: list[int], models: int = 1, labelled: float = 0.1) -> None:
        self.world, self.rng, self.kind, self.labelled = (
            World.load(features),
            np.random.default_rng(seed),
            kind,
            labelled,
        )
        level: dict[str, Callable[[], Minute]] = {"autocorrelated": Autocorrelated, "seasonal": lambda: seasonal}
        self.minutes = [level.get(kind, lambda: independent)() for _ in range(models)]

    def minute(self, minute: int, shift: float = 0.0) -> EventBatch:
        """All events of one minute; `shift` moves the first feature by so many of its standard deviations."""
        if self.kind == "clients":
            found = [clients(self.world, minute, self.rng) for _ in self.minutes]
        else:
            found = [self._of(each, minute) for each in self.minutes]
        model = [f"m{i}" for i, one in enumerate(found) for _ in one.who]
        x = np.concatenate([one.x for one in found])
        x[:, 0] += shift * np.concatenate(self.world.x)[:, 0].std()
        score, which = (np.concatenate([one[k] for one in found]) for k in (1, 2))
        return self.batch(minute, model, Drawn(x, score, which, [name for one in found for name in one.who]))

    def _of(self, level: Minute, minute: int) -> Drawn:
        events, share = level(minute, self.rng)
        which = (self.rng.random(events) < share).astype(np.int64)
        return drawn(self.world, self.rng, which, [f"c{k}" for k in self.rng.zipf(1.5, events) % 30])

    def batch(self, minute: int, model: list[str], drawn: Drawn) -> EventBatch:
        """These draws of one minute as columns, in an order of chance."""
        n, rng = len(model), self.rng
        order = np.argsort(rng.random(n)).tolist()  # models take turns
        x, score = drawn.x[order], drawn.score[order]
        known = (rng.random(n) < self.labelled).tolist()
        label = [str(c) if k else "" for c, k in zip(drawn.which[order].tolist(), known, strict=True)]
        ts = (MONDAY * 10**9 + minute * MINUTE_NS) + np.sort(rng.integers(0, MINUTE_NS, n))
        nothing = [""] * n
        layout = Layout(self.world.names, (), np.arange(n), x, ())
        return EventBatch(
            source=SOURCE, offset=np.arange(n) + minute * 1_000_000, ts_ns=ts, model=[model[i] for i in order],
            version=nothing, artifact_hash=nothing, principal=[drawn.who[i] for i in order], id=nothing,
            session=nothing, segment=nothing, status=nothing, source_ip=nothing,
            prediction=[str(int(s > 0.5)) for s in score.tolist()], score=score, scores=[None] * n,
            latency_ms=rng.lognormal(3, 0.4, n), tokens_in=np.full(n, np.nan), tokens_out=np.full(n, np.nan),
            failed=rng.random(n) < 0.01, future=np.zeros(n, bool), label=label, label_source=["desk"] * n,
            served_ts_ns=np.zeros(n, np.int64), prompt=[None] * n, response=[None] * n,
            layouts=[layout] if n else [], rejects=[],
        )  # fmt: skip
