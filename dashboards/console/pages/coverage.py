"""Which model is watched by what, what is not, and whom its pages reach: known gaps are better than unknown ones."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from dashboards.console.view import DAY_NS, HOUR_NS, View
from monitors.routing import routed
from schemas.alerts import PAGE
from schemas.incidents import ALERT, OPEN, Incident
from schemas.rules import Rule

PATH = "/coverage"
TITLE = "Coverage"
WATCHED, PARTLY, BLIND = "watched", "partly", "blind"
FRESH_NS = 3 * HOUR_NS


class Cell(NamedTuple):
    """One family of rules on one model: how many of them see something, and why the others do not."""

    family: str
    word: str
    seeing: int
    rules: int
    gaps: tuple[tuple[str, str], ...]


async def gather(view: View) -> dict[str, Any]:
    day = view.back(DAY_NS)
    seen, readings, baselines = await asyncio.gather(
        view.ask("models_seen", from_ns=view.back(7 * DAY_NS), model=""),
        view.ask("coverage", from_ns=day),
        view.ask("models_unlearnt", from_ns=day),
    )
    by_model: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in readings:
        by_model.setdefault(row["model"], {})[row["metric"]] = row
    unlearnt = {row["model"] for row in baselines}
    families = sorted({rule.family for rule in view.rules.values()})
    models = []
    for row in seen:
        known = by_model.get(row["model"], {})
        cells = [cell(family, view.rules.values(), known, row["last_ns"]) for family in families]
        models.append(
            {
                "name": row["model"],
                "last_ns": row["last_ns"],
                "cells": cells,
                "baseline": row["model"] not in unlearnt,
                "told": told(view, row["model"]),
                "gaps": sum(c.rules - c.seeing for c in cells),
            }
        )
    models.sort(key=lambda m: (-m["gaps"], m["name"]))
    return {
        "families": families,
        "models": models,
        "rules": len(view.rules),
        "unheard": sum(not m["told"] for m in models),
        "receivers": sorted(view.settings.receivers),
    }


def cell(family: str, rules: Iterable[Rule], known: Mapping[str, Mapping[str, Any]], last_ns: int) -> Cell:
    """What the rules of a family see of one model; what fell silent while the model spoke is told apart."""
    of = sorted((rule for rule in rules if rule.family == family), key=lambda rule: rule.id)
    gaps = []
    for rule in of:
        row = known.get(rule.metric)
        if row is None:
            gaps.append((rule.title, "no readings: its input is not in the log, or there is no baseline yet"))
        elif not row["with_value"]:
            gaps.append((rule.title, "not enough data in the last day"))
        elif row["last_ns"] < last_ns - FRESH_NS:
            gaps.append((rule.title, "its readings have stopped"))
    seeing = len(of) - len(gaps)
    return Cell(family, WATCHED if not gaps else PARTLY if seeing else BLIND, seeing, len(of), tuple(gaps))


def told(view: View, model: str) -> list[str]:
    """Receivers that a page of this model reaches just now."""
    settings = view.settings
    if not settings.receivers:
        return []
    page = Incident("", OPEN, PAGE, ALERT, "drift", "", model, "", (), (), (model,), (), 0, 0, None, "", None, None, 0)
    return list(routed(page, [settings.model(model)], settings.routes, settings.receivers, view.wall_ns))
