"""A scene: something that goes wrong with one model for some minutes. It changes what is asked or answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.events import MINUTE_NS, Floats, Ints
from streams.demo.messages import WEEK
from streams.demo.models.base import Model


@dataclass(slots=True)
class Traffic:
    """Requests of one model in time order, as columns. `who` names the caller of each row."""

    model: Model
    ts_ns: Ints
    who: list[str]
    features: Floats  # (n, features)
    probabilities: Floats  # (n, classes); empty until the model has answered
    latency_ms: Floats

    def column(self, name: str) -> Floats:
        """A feature's column, writable."""
        found: Floats = self.features[:, self.model.features.index(name)]
        return found


# Changes rows (a boolean mask) of the traffic in place.
Change = Callable[[Traffic, NDArray[np.bool_]], None]
# True for the rows that still arrive.
Keep = Callable[[Traffic], NDArray[np.bool_]]
# Features (n, features) that an intruder asks, one after another, by following the model's answers.
Intruder = Callable[[Model, np.random.Generator], Floats]


@dataclass(frozen=True, slots=True)
class Scene:
    """`start_minute` counts from the start of the live phase. `say` tells what was broken and where to look."""

    name: str
    model: str
    start_minute: float
    minutes: float
    say: str
    asked: Change | None = None  # before the model answers
    answered: Change | None = None  # after
    arrives: Keep | None = None
    intruder: Intruder | None = None
    principal: str = ""  # whose traffic it is about, where it is one client's
    young: str = ""  # what becomes of it where less than a week of history is known

    def told(self, days: float) -> str:
        """What is said as it starts, after so many days of history."""
        return (
            f"{self.say}; {self.young} ({days:g} days of history; {WEEK} are needed)" if self.unsure(days) else self.say
        )

    def unsure(self, days: float) -> bool:
        """Whether so few days of history make a difference to it."""
        return bool(self.young) and days < WEEK


@dataclass(frozen=True, slots=True)
class Staged:
    """A scene at its time."""

    scene: Scene
    live_ns: int

    @property
    def start_ns(self) -> int:
        return self.live_ns + int(self.scene.start_minute * MINUTE_NS)

    @property
    def end_ns(self) -> int:
        return self.start_ns + int(self.scene.minutes * MINUTE_NS)

    def during(self, ts_ns: Ints) -> NDArray[np.bool_]:
        """True for the times at which the scene plays."""
        found: NDArray[np.bool_] = (ts_ns >= self.start_ns) & (ts_ns < self.end_ns)
        return found
