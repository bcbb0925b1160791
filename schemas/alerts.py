"""An `Alert`: a rule's open statement on a series, and the `Transition`s it went through.

Ids are hashes of what the alert is about and the pane that opened it, so a replay gives the same ids.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from schemas.readings import Series

SUSPECTED, TICKET, PAGE, RESOLVED = "suspected", "ticket", "page", "resolved"
# How an alert stands that was told before the minute it rests on had closed, as long as the ledger has it not.
TOLD, CONFIRMED, JOINED, WITHDRAWN = "told", "confirmed", "joined", "withdrawn"
LEVELS = (SUSPECTED, TICKET, PAGE)
FAMILIES = (
    "drift",
    "anomaly",
    "fault",
    "extraction",
    "evasion",
    "inversion",
    "membership",
    "poisoning",
    "abuse",
    "text",
    "blindness",
)
ATTACKS = frozenset({"extraction", "evasion", "inversion", "membership", "poisoning", "abuse", "text"})


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of an alert. `level` is the level after it; RESOLVED ends the alert."""

    at_ns: int
    level: str
    reason: str


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it stands after its last transition. Times are event time, ns UTC; None means "not yet".

    `early` is "" for an alert of the ledger. Else this is a notice, told before its minute closed: still *told*, or
    *confirmed* by the ledger, *joined* to the alert `told_as` of it, or *withdrawn*.
    """

    id: str
    rule: str
    family: str
    level: str  # highest level reached
    state: str  # "open" or "resolved"
    series: Series
    principals: tuple[str, ...]
    first_seen_ns: int
    opened_ns: int | None
    resolved_ns: int | None
    p: float | None
    effect: float | None
    n: int
    summary: str
    technique: str
    baseline: str
    rules_hash: str
    evidence: dict[str, Any] = field(default_factory=dict)
    transitions: tuple[Transition, ...] = ()
    early: str = ""
    told_as: str = ""


def alert_id(rule: str, series: Series, first_seen_ns: int) -> str:
    """The same statement on the same series at the same pane has the same id, on every machine and every replay."""
    return blake2b(f"{rule}|{series}|{first_seen_ns}".encode(), digest_size=10).hexdigest()
