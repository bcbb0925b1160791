"""What drills saw of trouble put into a shadow of each model's traffic, by which rule, and what they see no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dashboards.console.view import SECOND_NS, View
from monitors.drills import STRENGTHS, all_kinds
from monitors.drills.lost import SEEN

PATH = "/drills"
TITLE = "Drills"
EVER_NS = 2**63 - 1  # drills are dated by the clock of whoever ran them
LOST, UNSEEN, UNTRIED = "lost", "not seen", "not tried"


class Cell(NamedTuple):
    """One strength of one kind: what became of its last drill; `row` is None where none was ever run."""

    strength: str
    word: str
    row: Mapping[str, Any] | None
    after_ns: float | None = None


async def gather(view: View) -> dict[str, Any]:
    model = view.query.get("model", "")
    rows = await view.ask("drills_standing", model=model, until_ns=EVER_NS)
    found = {(row["model"], row["kind"], row["strength"]): row for row in rows}
    models = [_model(name, found) for name in sorted({row["model"] for row in rows})]
    models.sort(key=lambda m: (-len(m["lost"]), m["name"]))
    return {"models": models, "model": model, "strengths": STRENGTHS, "every_days": view.settings.drills.every_days}


def _model(model: str, found: Mapping[tuple[str, str, str], Mapping[str, Any]]) -> dict[str, Any]:
    """One model's table: a line for each kind that was ever asked for; none where nothing could be tried."""
    kinds = []
    for name, module in all_kinds().items():
        cells = [cell(strength, found.get((model, name, strength))) for strength in STRENGTHS]
        if all(c.row is None for c in cells):
            continue
        why = {c.row["untried"] for c in cells if c.row is not None and c.word == UNTRIED}
        strong = cells[-1]
        gap = module.GAPS if strong.word != UNTRIED and (strong.row or {}).get("level") not in SEEN else ""
        kinds.append(
            {"name": name, "meaning": module.MEANING, "gap": gap, "cells": cells, "untried": "; ".join(sorted(why))}
        )
    all_cells = [c for kind in kinds for c in kind["cells"]]
    tried = [c.row for c in all_cells if c.row is not None and c.word != UNTRIED]
    return {
        "name": model,
        "kinds": kinds if tried else [],
        "why": sorted({kind["untried"] for kind in kinds}),
        "tried": len(tried),
        "seen": sum(row["level"] in SEEN for row in tried),
        "lost": [(kind["name"], c) for kind in kinds for c in kind["cells"] if c.word == LOST],
        "at_ns": max(c.row["asked_ns"] for c in all_cells if c.row is not None),
    }


def cell(strength: str, row: Mapping[str, Any] | None) -> Cell:
    """What is shown of the newest drill that could be tried."""
    if row is None or not row["times"]:
        return Cell(strength, UNTRIED, row)
    word = LOST if row["lost"] else row["level"] or UNSEEN
    return Cell(strength, word, row, None if row["seconds"] is None else row["seconds"] * SECOND_NS)
