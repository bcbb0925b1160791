"""What a rule looks for in a single event: `match`, a table of fields and what each must be.

Every entry must hold. An entry is a field with a text (upper and lower case are one, `*` and `?` stand for any text and
any character), a number, true or false, a list of which one must fit, or a table of `min`, `max`, `above`, `below`,
`cidr`, `present`; or `any` and `all` with a list of such tables; or `not` with one. There are no regular expressions: a
rule must not be able to stop the line. What an event lacks fits nothing but `present = false`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import translate
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from schemas.errors import RuleError, unknown

TEXT, NUMBER, FLAG, KINDS = "text", "number", "true or false", "kinds"
FIELDS = {
    "model": TEXT,
    "version": TEXT,
    "principal": TEXT,
    "id": TEXT,
    "session": TEXT,
    "segment": TEXT,
    "status": TEXT,
    "source_ip": TEXT,
    "prediction": TEXT,
    "prompt": TEXT,
    "response": TEXT,
    "score": NUMBER,
    "latency_ms": NUMBER,
    "tokens_in": NUMBER,
    "tokens_out": NUMBER,
    "text_score": NUMBER,
    "failed": FLAG,
    "attack": FLAG,
    "refused": FLAG,
    "asked": KINDS,
    "told": KINDS,
}
OF_PROMPT = frozenset({"prompt", "asked", "text_score", "attack"})
OF_REPLY = frozenset({"response", "told", "refused"})
JOINS = ("any", "all", "not")
BOUNDS = ("min", "max", "above", "below")
DEEPEST, LONGEST = 8, 500  # nested tables, characters of a text
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Test:
    """One field fits one of `texts`, `numbers` or `networks`, or lies within `bounds`, or is there or not."""

    field: str
    texts: tuple[re.Pattern[str], ...] = ()
    numbers: tuple[float, ...] = ()
    flag: bool | None = None
    bounds: tuple[tuple[str, float], ...] = ()
    networks: tuple[Network, ...] = ()
    present: bool | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts of which all must hold (`all`), or one (`any`), or the only one must not (`not`)."""

    how: str
    parts: tuple[Condition, ...]


Condition = Test | Joined


def condition(match: Any, depth: int = 0) -> Condition:
    """A `match` table as a condition. Raises RuleError that says what is wrong with it."""
    if not isinstance(match, Mapping) or not match:
        raise RuleError(f"match must be a table with at least one field; got {match!r}")
    if depth >= DEEPEST:
        raise RuleError(f"match is nested more than {DEEPEST} deep")
    return _one("all", [_entry(name, wanted, depth) for name, wanted in match.items()])


def _entry(name: str, wanted: Any, depth: int) -> Condition:
    if name == "not":
        return Joined("not", (condition(wanted, depth + 1),))
    if name in JOINS:
        if not isinstance(wanted, list | tuple) or not wanted:
            raise RuleError(f"match: {name} must be a list of tables; got {wanted!r}")
        return _one(name, [condition(one, depth + 1) for one in wanted])
    if name not in FIELDS:
        raise RuleError(f"match: {unknown('field', name, (*FIELDS, *JOINS))}")
    if isinstance(wanted, Mapping):
        return _one("all", [_option(name, option, value) for option, value in wanted.items()])
    return _equal(name, wanted if isinstance(wanted, list | tuple) else (wanted,))


def _one(how: str, parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else Joined(how, tuple(parts))


def _equal(name: str, values: Any) -> Test:
    kind = FIELDS[name]
    if not values:
        raise RuleError(f"match: {name} has an empty list")
    if kind == FLAG:
        if len(values) != 1 or not isinstance(values[0], bool):
            raise RuleError(f"match: {name} is true or false; got {values!r}")
        return Test(name, flag=values[0])
    if kind == NUMBER:
        return Test(name, numbers=tuple(_number(name, value) for value in values))
    return Test(name, texts=tuple(_glob(name, value) for value in values))


def _glob(name: str, value: Any) -> re.Pattern[str]:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RuleError(f"match: {name} is a text; got {value!r}")
    text = str(value)
    if not text or len(text) > LONGEST:
        raise RuleError(f"match: {name} wants a text of 1 to {LONGEST} characters; got {len(text)}")
    # Sets ([abc]) are no part of the language; Python's own pattern of a glob does not backtrack over a star.
    return re.compile(translate(text.casefold().replace("[", "[[]")))


def _option(name: str, option: str, value: Any) -> Test:
    if option in BOUNDS and FIELDS[name] == NUMBER:
        return Test(name, bounds=((option, _number(name, value)),))
    if option == "present" and isinstance(value, bool):
        return Test(name, present=value)
    if option == "cidr" and name == "source_ip":
        try:
            return Test(name, networks=tuple(ip_network(one) for one in ([value] if isinstance(value, str) else value)))
        except (ValueError, TypeError) as e:
            raise RuleError(f"match: source_ip: cidr: {e}") from e
    known = {NUMBER: (*BOUNDS, "present")}.get(FIELDS[name], ("present",)) + (("cidr",) * (name == "source_ip"))
    raise RuleError(f"match: {unknown(f'option of {name}', option, known)}; or its value {value!r} is not right")


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise RuleError(f"match: {name} is a number; got {value!r}")
    return float(value)


def fields_of(found: Condition) -> frozenset[str]:
    """The fields that a condition looks at."""
    if isinstance(found, Test):
        return frozenset({found.field})
    return frozenset().union(*map(fields_of, found.parts))
