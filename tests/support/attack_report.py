"""Outcomes of campaigns as a table, a summary, and lines of JSON that several runs make together."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.support.attack_outcome import Outcome, poisson_interval

COUNTED = ("families", "archetypes", "other rules", "suspicions of abuse", "told before their minute closed")
EARLY = 0.25  # detected before this share of its queries counts as early
HEADER = "".join(
    [f"{'kind':17}{'model':9}{'speed':11}", f"{'accounts':>8}{'cover':>7}  ", f"{'detected':30}{'named':>7}"]
    + [f"{'innocent':>10}  families"]
)


def row(one: Outcome) -> str:
    c = one.campaign
    if one.after is None:
        told = "suspected only" if one.suspected else "not detected"
    else:
        told = f"after {one.after:,} of {c['queries']:,}"
    if one.first != one.after:
        told += f" (any: {one.first:,})"
    named = f"{one.accounts}/{c['accounts']}"
    return (
        f"{c['kind']:17}{c['model']:9}{c['speed']:11}{c['accounts']:>8}{c['cover']:>7g}  {told:30}{named:>7}"
        f"{len(one.innocent):>10}  {', '.join(one.families) or '–'}"
    )


def summary(seen: Sequence[Outcome]) -> str:
    """Detected, and detected early, by each property."""
    by: dict[str, Callable[[dict[str, Any]], str]] = {
        "family": lambda c: str(c["family"]),
        "kind": lambda c: str(c["kind"]),
        "model": lambda c: str(c["model"]),
        "speed": lambda c: str(c["speed"]),
        "accounts": lambda c: str(c["accounts"]),
        "cover": lambda c: f"{c['cover']:g}",
        "begins": lambda c: "later" if c["at"] >= 1 else "with the log",
    }
    lines = []
    for name, of in by.items():
        for value in dict.fromkeys(of(one.campaign) for one in seen):
            mine = [one for one in seen if of(one.campaign) == value]
            found = sum(one.after is not None for one in mine)
            early = sum(one.share is not None and one.share <= EARLY for one in mine)
            named = sum(one.first is not None for one in mine)
            soon = sum(one.first_share is not None and one.first_share <= EARLY for one in mine)
            said = (
                f"detected {found:3} of {len(mine):3}, before a quarter {early:3}; under any family {named:3}, {soon:3}"
            )
            lines.append(f"{name:9}{value:18} {said}")
    innocent = sum(len(one.innocent) for one in seen)
    return "\n".join([*lines, f"honest accounts named beside guilty ones: {innocent}"])


def early_text(early: Counter[str]) -> str:
    """How many of each kind."""
    return ", ".join(f"{count} {what}" for what, count in sorted(early.items())) or "none"


def quiet_text(found: dict[str, Any]) -> str:
    low, high = found["interval"]
    lines = [
        f"without any attack: {found['alerts']} false alerts in {found['model_weeks']} model-weeks of "
        f"{found['events']:,} events, {found['per_model_week']:.2f} per model-week (95 %: {low:.2f} to {high:.2f}), "
        f"{found['pages']} of them pages"
    ]
    for name in COUNTED:
        if found[name]:
            told = ", ".join(f"{key} {count}" for key, count in sorted(found[name].items()))
            lines.append(f"  {name}: {told}")
    return "\n".join(lines)


def merged(paths: Sequence[Path]) -> str:
    """What several runs say together."""
    lines = [line for path in paths for line in path.read_text().splitlines() if line.startswith('{"campaigns"')]
    runs = [json.loads(line) for line in lines]
    seen = [outcome_of(each) for run in runs for each in run["campaigns"]]
    thin = [outcome_of(each) for run in runs for each in run["diluted"]]
    false, weeks = (sum(run["false_beside_attacks"][i] for run in runs) for i in (0, 1))
    said = [summary([one for one in seen if one.campaign["accounts"] == n]) for n in (1, 20)]
    parts = [f"{name}\n{text}" for name, text in zip(("one account", "twenty accounts"), said)]
    parts += ["in 100 times as much honest traffic", *map(row, thin)] if thin else []
    parts.append(f"false alerts beside attacks: {false} in {weeks:.1f} model-weeks")
    calm = [run["quiet"] for run in runs if run["quiet"]]
    if calm:
        total: dict[str, Any] = {name: sum(each[name] for each in calm) for name in ("alerts", "model_weeks", "events")}
        total["pages"] = sum(each["pages"] for each in calm)
        total["per_model_week"] = total["alerts"] / total["model_weeks"]
        total["interval"] = poisson_interval(total["alerts"], total["model_weeks"])
        for name in COUNTED:
            total[name] = sum((Counter(each[name]) for each in calm), Counter())
        parts.append(quiet_text(total))
    return "\n".join(parts)


def outcome_of(plain: dict[str, Any]) -> Outcome:
    """What `plain_of` wrote."""
    told = plain["after"], plain["first"], plain["suspected"], tuple(plain["families"]), plain["accounts_named"]
    return Outcome(plain, *told, tuple(plain["innocent"]))


def plain_of(one: Outcome) -> dict[str, Any]:
    kept = {k: v for k, v in one.campaign.items() if k not in ("times", "principals")}
    told = {name: getattr(one, name) for name in ("after", "first", "suspected", "families", "accounts", "innocent")}
    return kept | {"accounts_named": told.pop("accounts")} | told
