"""Are the parameters that a rule gives known, and of the type asked for? Used for detectors and what they wrap.

It looks at names and types only; what a value may be is for its owner to say. Nothing from a rule is evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter
from math import isfinite
from typing import Any

from schemas.errors import RuleError, unknown

# What TOML can say. A list arrives where a tuple is kept.
Plain = float | int | str | bool | list[Any] | tuple[Any, ...] | dict[str, Any] | None


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


FITS: dict[str, Callable[[object], bool]] = {
    "float": _number,
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "str": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "tuple[str, ...]": lambda value: isinstance(value, list | tuple) and all(isinstance(each, str) for each in value),
    "dict[str, Any]": lambda value: isinstance(value, dict),
}
SAID = {"float": "a finite number", "tuple[str, ...]": "a list of texts", "dict[str, Any]": "a table"}


def check(owner: str, known: Mapping[str, Parameter], given: Mapping[str, Plain]) -> None:
    """Raises RuleError that names the nearest known parameter, or the one whose value is of another type.

    A type is what was written in the signature, with `| None` for what may be left out.
    """
    for key, value in given.items():
        if key not in known:
            raise RuleError(unknown(f"parameter of {owner}", key, known))
        wanted, _, absent = str(known[key].annotation).partition(" | ")
        if not FITS[wanted](value) and not (absent and value is None):
            raise RuleError(f"{owner}: {key} must be {SAID.get(wanted, wanted)}, not {value!r}")


def is_plain(value: object) -> bool:
    """Whether a value can be printed, hashed and read back: literals and what is built of them."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_plain(each) for key, each in value.items())
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    return value is None or isinstance(value, float | int | str | bool)
