"""What the demo's command and its traffic child say to each other, as JSON. Light to import: no models here."""

from __future__ import annotations

import msgspec

WEEK = 7  # days of history, with which everything that breaks is told


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to produce, and where to."""

    brokers: str
    topic: str
    live_ns: int
    days: float = 14.0
    speed: float = 1.0
    seed: int = 7


class Loaded(msgspec.Struct, frozen=True):
    """What the child says when a part of the history is in the broker: the events so far."""

    loaded: int


class Announcement(msgspec.Struct, frozen=True):
    """What the child says when a scene starts: what was broken and where to look; `principal` if it is one client's."""

    scene: str
    model: str
    say: str
    principal: str = ""
