"""Detectors: what looks at a series of readings and says breach, quiet, or not enough data. One public class per module."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar, Protocol

from schemas.errors import RuleError, unknown
from schemas.readings import Reading
from monitors.verdict import Verdict


class Detector(Protocol):
    """`update` takes the next reading. `memory`: how many past readings it needs to be rebuilt."""

    calibrated: ClassVar[bool]
    memory: ClassVar[int]

    def update(self, reading: Reading) -> Verdict: ...


def names() -> list[str]:
    return sorted(m.name for m in iter_modules(__path__))


@cache
def kind(name: str) -> type[Any]:
    if name not in names():
        raise RuleError(unknown("detector", name, names()))
    module = import_module(f"{__name__}.{name}")
    wanted = name.replace("_", "")
    return next(v for k, v in vars(module).items() if k.lower() == wanted)


def load(name: str, parameters: Mapping[str, Any]) -> Detector:
    try:
        detector: Detector = kind(name)(**parameters)
    except TypeError as e:
        raise RuleError(f"detector {name}: {e}") from e
    return detector
