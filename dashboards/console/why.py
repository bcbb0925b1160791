"""Why an alert was raised, from its evidence in words: what had kept it quiet, where it began, when it last was quiet.

Keys read: `quiet_if` ({min_effect, min_n, events, budget}), `stages` ([{stage, since_ns, metric, feature}, …] in the
order of the way schema, feature, score, decision), `last_quiet` ({at_ns, value}), `verdict` and `verdict_why` (reasons,
shares); `release` is in the reasons. Malformed parts are left out. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.console.words import count, duration, number, share, title

WHY = frozenset(("quiet_if", "stages", "last_quiet", "verdict", "verdict_why", "release"))
VERDICTS = {
    "environment": "a change of the world",
    "release": "a release",
    "data fault": "a fault in the data",
    "attack": "an attack",
}
STAGES = {"schema": "Fields", "feature": "Inputs", "score": "Scores", "decision": "Decisions"}


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of the way; `since_ns` None is quiet, `first` breached before the others."""

    name: str
    what: str
    since_ns: int | None
    first: bool


@dataclass(frozen=True, slots=True)
class Why:
    """Empty where nothing was written down. `quiet_value` is in the unit of the alert's metric."""

    quiet_if: str
    began: str
    stages: tuple[Stage, ...]
    quiet_ns: int | None
    quiet_value: float | None
    verdict: str
    because: str


def read(data: Mapping[str, Any]) -> Why:
    """Never raises."""
    stages = _stages(data.get("stages"))
    last = data.get("last_quiet")
    last = last if isinstance(last, dict) else {}
    at, value = finite(last.get("at_ns")), finite(last.get("value"))
    known = at is not None and value is not None
    return Why(
        quiet_if=_quiet_if(data.get("quiet_if")),
        began=_began(stages),
        stages=stages,
        quiet_ns=int(at or 0) if known else None,
        quiet_value=value,
        verdict=VERDICTS.get(str(data.get("verdict")), ""),
        because=_because(data.get("verdict_why")),
    )


def _because(value: Any) -> str:
    """The reasons, and what the four weigh against each other."""
    found = value if isinstance(value, dict) else {}
    reasons, shares = found.get("reasons"), found.get("shares")
    said = [str(reason)[:200] for reason in reasons[:5]] if isinstance(reasons, list) else []
    weighed = {
        name: number_
        for name in VERDICTS
        if isinstance(shares, dict) and (number_ := finite(shares.get(name))) is not None
    }
    if weighed:
        said.append("weighed: " + ", ".join(f"{name} {share(weight)}" for name, weight in weighed.items()))
    return "; ".join(said)


def finite(value: Any) -> float | None:
    """A number that can be shown."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e300 and math.isfinite(value) else None


def _quiet_if(value: Any) -> str:
    """Each of these alone; a budget so small that nobody would ask for it is not named."""
    found = value if isinstance(value, dict) else {}
    parts = []
    if (effect := finite(found.get("min_effect"))) is not None:
        parts.append(f"a min_effect of {number(effect)}")
    if (least := finite(found.get("min_n"))) is not None:
        parts.append(f"a min_n of {count(least)}")
    if (events := finite(found.get("events"))) is not None:
        parts.append(f"only about {count(events)} events of the same kind")
    if (budget := finite(found.get("budget"))) is not None and 1e-6 <= budget < 1:
        parts.append(f"1/{count(1 / budget)} of the false-alarm budget")
    return " or ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _stages(value: Any) -> tuple[Stage, ...]:
    found: list[tuple[str, str, int | None]] = []
    for entry in value if isinstance(value, list) else ():
        if not isinstance(entry, dict) or (name := STAGES.get(str(entry.get("stage")))) is None:
            continue
        since = finite(entry.get("since_ns"))
        feature = str(entry.get("feature") or "")[:200]
        what = title(str(entry.get("metric", ""))) + (f" of {feature}" if feature else "")
        found.append((name, what if since is not None else "", None if since is None else int(since)))
    first = min((since for _, _, since in found if since is not None), default=None)
    return tuple(Stage(name, what, since, since is not None and since == first) for name, what, since in found)


def _began(stages: tuple[Stage, ...]) -> str:
    """Which part moved first, in a sentence; "" where none did."""
    first = [stage for stage in stages if stage.first]
    if not first:
        return ""
    names = " and ".join(stage.name.lower() for stage in first).capitalize()
    rest = [stage for stage in stages if stage.since_ns is not None and not stage.first]
    later = [f"{s.name.lower()} {duration((s.since_ns or 0) - (first[0].since_ns or 0))} later" for s in rest]
    quiet = [stage.name.lower() for stage in stages if stage.since_ns is None]
    text = f"{names} moved first"
    text += f", {', '.join(later)}" if later else ""
    return text + (f"; {' and '.join(quiet)} did not move." if quiet else ".")
