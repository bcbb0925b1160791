"""Families of attacks, one module each: whose shape is it when a principal's queries are not benign?

That they are not benign is established before (`monitors.watch`), by one test for all families; so an attack nobody
described here is still seen, and only its name may be wrong. A family has a `METRIC`, the name of its readings, and
`claim(shape)`: how much the shape is its own, 0 to 1; the largest claims win. A new family is a new file here; families
do not import each other.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from monitors.track import Shape


class Family(Protocol):
    """What every module of this folder offers."""

    METRIC: str

    def claim(self, shape: Shape) -> float:
        """How much this shape is this family's, 0 to 1."""


FAMILIES: tuple[Family, ...] = tuple(
    cast(Family, import_module(f"{__name__}.{name}")) for name in sorted(m.name for m in iter_modules(__path__))
)
METRICS = tuple(family.METRIC for family in FAMILIES)


def claims(shape: Shape) -> dict[str, float]:
    """How much each family claims a shape, by metric, in order of their names."""
    return {family.METRIC: family.claim(shape) for family in FAMILIES}
