"""Three simple monitors to compare with: requests per hour, share of unusual requests, exact duplicates, per account.

They get every advantage: the threshold of each is set with hindsight on the honest accounts of the same log, at one
false alarm per model. When they would have said so is not asked.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.attack_log import Truth

UNUSUAL = 0.99  # quantile of a model's half-space scores beyond which a request is unusual
LEAST = 20  # scored requests of an account, for a share to mean anything
Figures = dict[str, float]


def rivals(truth: Truth, events: Path) -> list[dict[str, bool]]:
    """Per campaign, which of the three tells one of its accounts or more. `replay --output` writes `events`."""
    with events.open() as file:
        found = figures(json.loads(line) for line in file)
    bars: dict[str, Figures] = {}
    for model, accounts in found.items():
        honest = [accounts[who] for who in accounts if who in truth.honest]
        # The second largest: one honest account lies above it.
        bars[model] = {name: sorted(each[name] for each in honest)[-2] for name in honest[0]}
    return [
        {
            name: any(found[c["model"]].get(who, {}).get(name, 0.0) > bar for who in c["principals"])
            for name, bar in bars[c["model"]].items()
        }
        for c in truth.campaigns
    ]


def figures(events: Iterable[dict[str, Any]]) -> dict[str, dict[str, Figures]]:
    """Per model and account."""
    hours: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    seen: dict[tuple[str, str], Counter[tuple[float, ...]]] = defaultdict(Counter)
    scores: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for event in events:
        model, who = key = event["model"], event["principal"]
        hours[key][datetime.fromisoformat(event["ts"]).strftime("%j %H")] += 1
        seen[key][tuple(event["num"])] += 1
        if event["anomaly"] is not None:
            scores[model].append((who, event["anomaly"]))
    unusual, scored = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for model, rows in scores.items():
        bar = float(np.quantile([score for _, score in rows], UNUSUAL))
        scored.update((model, who) for who, _ in rows)
        unusual.update((model, who) for who, score in rows if score > bar)
    found: dict[str, dict[str, Figures]] = defaultdict(dict)
    for (model, who), by_hour in hours.items():
        key = model, who
        found[model][who] = {
            "requests per hour": float(max(by_hour.values())),
            "half-space share": unusual[key] / scored[key] if scored[key] >= LEAST else 0.0,
            "exact duplicates": float(sum(count - 1 for count in seen[key].values())),
        }
    return found
