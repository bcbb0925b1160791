"""Detectors: one module each, named as in rules (`detector = "adwin"`), found by looking into this folder.

To add one, add a file with one public class that has `update`; `monitors.checks` then asks for its evidence.
Any drift or anomaly detector of River is one too, named by its class: `detector = "river.drift.KSWIN"` (`_river.py`).

The contract. `update` takes the readings of *one* series in order of time, one call per pane, and answers at once. It
never waits, looks at no clock and leaves the reading as it was. Bad input is an answer (NOT_ENOUGH), no exception.

A detector may be thrown away after any call and made again from its parameters and the last `memory` readings; the
judge does so every six hours, in a running worker and in a restarted one alike, so both go on the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import Parameter, isclass, signature
from pkgutil import iter_modules
from typing import Any, ClassVar, Protocol, cast

from monitors import river_catalogue
from monitors.parameters import Plain, check
from schemas.errors import RuleError, unknown
from schemas.readings import Reading

BUDGET = ("alpha", "min_n", "min_effect")  # what a calibrated detector is given by the budget and the rule itself


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
    """`calibrated`: P(p <= a) <= a at each reading while nothing happens, so it may pay from the budget. It then has a
    level `alpha`, which the caller sets before each reading.

    `memory`: how many trailing readings it can be rebuilt from. 0 means that each reading is judged by itself.
    A class with `dated = True` is shown when those readings were, and their p, when it is rebuilt. One with `anchored =
    True` is rebuilt from up to twice as many, from the same one on until then, and so into the state it had: for what
    adds evidence up and begins anew after a breach, of which a rebuild from elsewhere could swallow one.
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
        entry = river_catalogue.find(name)
        if entry is None:
            raise RuleError(unknown("detector", name, (*names(), *river_catalogue.spellings())))
        return cast("type[Detector]", import_module(f"{__name__}._river").adapter(entry))
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


@cache
def remembers(name: str) -> bool:
    """Whether its answer depends on earlier readings of the series."""
    return getattr(kind(name), "memory", None) != 0


def own(name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a rule's [parameters] that are the detector's to take: without what the budget gives a calibrated one.

    Raises RuleError when there is no such detector.
    """
    given = BUDGET if kind(name).calibrated else ()
    return {key: value for key, value in parameters.items() if key not in given}


def load(name: str, parameters: Mapping[str, Plain]) -> Detector:
    """Make a detector from a rule's parameters; what is not given keeps its default.

    Raises RuleError that names the nearest known detector or parameter, or the value that cannot be.
    """
    check(name, accepted(name), parameters)
    given: dict[str, Any] = dict(parameters)
    try:
        return kind(name)(**{key: tuple(each) if isinstance(each, list) else each for key, each in given.items()})
    except (ValueError, TypeError, ArithmeticError) as e:
        raise RuleError(f"{name}: {e}") from e
