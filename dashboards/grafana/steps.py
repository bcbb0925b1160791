"""One step of a push, and how what is wanted is compared with what Grafana has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Action = Literal["create", "update", "delete", "same", "kept"]


@dataclass(frozen=True, slots=True)
class Step:
    """What would be done to one thing, and why. `kept` is what somebody else made or changed: it stays as it is."""

    kind: str
    name: str
    action: Action
    reason: str = ""
    run: Callable[[], None] | None = None


def covers(wanted: Any, found: Any) -> bool:
    """Whether `found` says everything that `wanted` says; Grafana adds defaults of its own. None means absent.

    Secrets come back as [REDACTED] and count as equal: nobody can compare them.
    """
    if wanted is None:
        return found in (None, {}, [])
    if found == "[REDACTED]":
        return isinstance(wanted, str)
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(covers(value, found.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        if not isinstance(found, list):
            return not wanted and found is None
        return len(wanted) == len(found) and all(covers(a, b) for a, b in zip(wanted, found, strict=True))
    return bool(wanted == found)


def differing(wanted: dict[str, Any], found: dict[str, Any]) -> str:
    """The keys in which they differ, for a person."""
    return ", ".join(key for key, value in wanted.items() if not covers(value, found.get(key)))
