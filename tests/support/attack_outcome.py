"""What the alerts of a replay say of campaigns whose truth is known, and how many alerts were false.

Detected means: an alert of the campaign's own family that reached ticket level or above while it names at least one of
the campaign's accounts. Alerts of other families that name them are counted apart. An alert is false if it is of
an attack's family, reached that level, and names no account of any campaign.
"""

from __future__ import annotations

import json
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy.stats import chi2

from tests.support.attack_log import MONDAY, Log, Truth
from tests.support.benign import DAY, SECOND

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = ("extraction", "evasion", "inversion", "membership", "poisoning", "abuse")
Alert = dict[str, Any]
Named = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Outcome:
    """One campaign. `after`, `first`: how many of its queries were asked before the alert; None: there was none."""

    campaign: dict[str, Any]
    after: int | None  # the first of the right family
    first: int | None  # the first of any family
    suspected: bool  # of the right family, but below ticket level
    families: tuple[str, ...]  # of all alerts at ticket level or above that name one of its accounts
    accounts: int  # of its accounts, how many are named
    innocent: tuple[str, ...]  # honest clients named beside them

    @property
    def share(self) -> float | None:
        """Of its queries, how many were asked before the alert of the right family."""
        return None if self.after is None else self.after / int(self.campaign["queries"])

    @property
    def first_share(self) -> float | None:
        """Of its queries, how many were asked before the alert of any family."""
        return None if self.first is None else self.first / int(self.campaign["queries"])


def replay(log: Log, folder: Path) -> list[Alert]:
    """Alerts in their final state, as `mirqab replay --output` writes them. Raises CalledProcessError if it fails."""
    path = log.write(folder)
    days = max(int(rows.ts_ns.max()) - MONDAY for _, rows, _ in log.parts) // DAY + 2
    now = ["--now", str((MONDAY + days * DAY) // SECOND)]
    run = [sys.executable, "-m", "streams.cli", "replay", str(path), "--output", str(folder / "out"), *now]
    subprocess.run(run, check=True, capture_output=True, text=True, cwd=ROOT)
    alerts = folder / "out" / "alerts.jsonl"
    return [json.loads(line) for line in alerts.read_text().splitlines()] if alerts.exists() else []


def outcomes(truth: Truth, alerts: Sequence[Alert], named: Named | None = None) -> list[Outcome]:
    """One per campaign, in their order.

    `named`: from when on each alert, by id, accused each principal. Without it who joined an alert later counts as
    named when it was opened, which is too early where campaigns share one.
    """
    return [_outcome(campaign, truth, alerts, named or {}) for campaign in truth.campaigns]


def _outcome(campaign: dict[str, Any], truth: Truth, alerts: Sequence[Alert], named: Named) -> Outcome:
    guilty = set(campaign["principals"])
    about = [a for a in alerts if a["family"] in FAMILIES and guilty & set(a["principals"])]
    opened = [a for a in about if a["opened"] is not None]

    def asked(since: Sequence[Alert]) -> int | None:
        """How many queries before the first of these alerts accused one of the campaign's accounts."""
        if not since:
            return None
        each = [min(named[a["id"]][p] for p in guilty & {*a["principals"]}) if named else a["opened"] for a in since]
        return bisect_right(campaign["times"], min(each))

    accused = {principal for a in opened for principal in a["principals"]}
    return Outcome(
        campaign,
        asked([a for a in opened if a["family"] == campaign["family"]]),
        asked(opened),
        any(a["opened"] is None and a["family"] == campaign["family"] for a in about),
        tuple(sorted({a["family"] for a in opened})),
        len(accused & guilty),
        tuple(sorted(accused & set(truth.honest))),
    )


def false_alerts(truth: Truth, alerts: Iterable[Alert]) -> list[Alert]:
    """Alerts of an attack's family at ticket level or above that name nobody who attacked."""
    guilty = {principal for campaign in truth.campaigns for principal in campaign["principals"]}
    return [
        a for a in alerts if a["family"] in FAMILIES and a["opened"] is not None and not guilty & set(a["principals"])
    ]


def poisson_interval(count: int, exposure: float, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a rate of which `count` were seen in `exposure`."""
    tail = (1 - level) / 2
    low = chi2.ppf(tail, 2 * count) / 2 if count else 0.0
    return float(low) / exposure, float(chi2.ppf(1 - tail, 2 * count + 2)) / 2 / exposure
