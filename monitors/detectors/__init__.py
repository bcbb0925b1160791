"""Detectors: one module each, named as in rules (`detector = "adwin"`), found by looking into this folder.

To add one, add a file with one public class that has `update`; `monitors.checks` then asks for its evidence.

The contract. `update` takes the readings of *one* series in order of time, one call per pane, and answers at once. It
never waits, looks at no clock and leaves the reading as it was. Bad input is an answer (NOT_ENOUGH), no exception.

A detector may be thrown away after any call and made again from its parameters and the last `memory` readings; the
judge does so every Monday, in a running worker and in a restarted one alike, so both go on the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import Parameter, isclass, signature
from pkgutil import iter_modules
from typing import ClassVar, Protocol, cast

from schemas.errors import RuleError, unknown
from schemas.readings import Reading

Plain = float | int | str | bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a detector says of one reading.

    `verdict` is BREACH, QUIET or NOT_ENOUGH (`schemas.signals`). `p` is None unless the detector is calibrated.
    `effect` is how big the shift is, None where nothing was measured. `reason` is a sentence for a person.
    """

    verdict: str
    p: float | None
    effect: float | None
    reason: str


class Detector(Protocol):
    """`calibrated`: its p keeps its promise, so it may pay from the budget; it then has no memory.

    `memory`: how many trailing readings it can be rebuilt from. 0 means that each reading is judged by itself.
    """

    calibrated: ClassVar[bool]

    @property
    def memory(self) -> int: ...

    def update(self, reading: Reading) -> Verdict: ...


@cache
def names() -> tuple[str, ...]:
    """All detectors in this folder, sorted; a leading underscore hides a module."""
    return tuple(sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_")))


@cache
def kind(name: str) -> type[Detector]:
    """The class of a detector.

    Raises RuleError when there is no such detector, or its module does not hold exactly one public detector class.
    """
    if name not in names():
        raise RuleError(unknown("detector", name, names()))
    module = import_module(f"{__name__}.{name}")
    found = [
        thing
        for label, thing in vars(module).items()
        if isclass(thing)
        and thing.__module__ == module.__name__
        and not label.startswith("_")
        and hasattr(thing, "update")
    ]
    if len(found) != 1:
        raise RuleError(f"monitors/detectors/{name}.py must hold one public class with `update`, not {len(found)}")
    return cast("type[Detector]", found[0])


@cache
def accepted(name: str) -> dict[str, Parameter]:
    """A detector's parameters by name, with their types (as written) and defaults."""
    return dict(signature(kind(name)).parameters)


def load(name: str, parameters: Mapping[str, Plain]) -> Detector:
    """Make a detector from a rule's parameters; what is not given keeps its default.

    Raises RuleError that names the nearest known detector or parameter, or the value that cannot be.
    """
    known = accepted(name)
    for key, value in parameters.items():
        if key not in known:
            raise RuleError(unknown(f"parameter of {name}", key, known))
        _check_type(name, key, value, str(known[key].annotation))
    try:
        return kind(name)(**parameters)
    except ValueError as e:
        raise RuleError(f"{name}: {e}") from e


def _check_type(name: str, key: str, value: Plain, wanted: str) -> None:
    fits = {"float": (int, float), "int": (int,), "str": (str,), "bool": (bool,)}[wanted]
    if not isinstance(value, fits) or (isinstance(value, bool) and wanted != "bool"):
        raise RuleError(f"{name}: {key} must be {wanted}, not {value!r}")
