"""How long after the query that decided an attack is told: by a notice, by the ledger, and in an incident."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.alerts import ATTACKS

TOLD = ("notices", "attacks", "incidents")


def ages(seconds: NDArray[np.float64]) -> list[float]:
    """How many, their median, 99th percentile and largest; NaN of none."""
    cut = np.percentile(seconds, (50, 99, 100)).tolist() if len(seconds) else [np.nan] * 3
    return [len(seconds), *cut]


class AttackAges:
    """`note` every insert. An alert is told by the first incident that has it, be it another one's or its own."""

    def __init__(self) -> None:
        self.decided: dict[str, dict[str, float]] = {"notices": {}, "alerts": {}}  # of each alert: when, s
        self.of: dict[str, list[float]] = {name: [] for name in TOLD}
        self.early: set[str] = set()  # alerts of which a notice was stored before the ledger had them
        self.shown: set[str] = set()

    def note(self, table: str, rows: pa.Table, now: float) -> None:
        """These rows have just become visible; `now` is the machine's time, s."""
        if table in self.decided:
            self._told(table, rows, now)
        if table == "incidents":
            for id in {each for alerts in rows["alerts"].to_pylist() for each in alerts} - self.shown:
                times = [decided[id] for decided in self.decided.values() if id in decided]
                if times:
                    self.shown.add(id)
                    self.of["incidents"].append(now - times[0])

    def _told(self, table: str, rows: pa.Table, now: float) -> None:
        for id, family, opened in zip(*(rows[name].to_pylist() for name in ("id", "family", "opened"))):
            if family not in ATTACKS or opened is None or id in self.decided[table]:
                continue
            self.decided[table][id] = opened.timestamp()
            self.of["notices" if table == "notices" else "attacks"].append(now - opened.timestamp())
            if table == "notices" and id not in self.decided["alerts"]:
                self.early.add(id)

    def figures(self) -> dict[str, Any]:
        """`TOLD`, and how many seconds after the ledger's deciding query the notice's came; both are event time."""
        notices, ledger = self.decided.values()
        later = [notices[id] - ledger[id] for id in notices.keys() & ledger.keys()]
        found: dict[str, Any] = {name: ages(np.array(seconds)) for name, seconds in self.of.items()}
        return found | {"early": len(self.early), "later": ages(np.array(later))}
