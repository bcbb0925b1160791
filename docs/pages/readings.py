"""What is measured, by family."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from dashboards.console import words
from docs.markdown import code, document, grid
from docs.pages.rules import shipped_rules
from monitors import abuse, attacks, talks
from monitors import readings as families


def family_modules() -> dict[str, Any]:
    """Every family of readings by name, those of attacks, of abuse and of texts over time last."""
    modules: list[Any] = [*families.FAMILIES, *attacks.FAMILIES, *abuse.KINDS, *talks.THREATS]
    return {module.__name__.rpartition(".")[2]: module for module in modules}


def page() -> str:
    """What is measured, by family."""
    watched: dict[str, list[str]] = {}
    for rule, _ in shipped_rules():
        watched.setdefault(rule.metric, []).append(f"[{rule.id}](rules.md#{rule.id})")

    def lines() -> Iterator[str]:
        for name, module in family_modules().items():
            yield from (f"## {name}", "", inspect.getdoc(module) or "", "")
            rows = []
            for metric in families.metrics_of(module):
                title, unit = words.METRICS.get(metric, ("", ""))
                rows.append((code(metric), title, unit, ", ".join(watched.get(metric, ["nobody"]))))
            yield from grid(("metric", "what", "unit", "watched by"), rows)

    about = (
        "A reading is one metric over one pane (`line.pane_minutes` closed minutes) with its sample size. A null value "
        'means "not enough data"; a metric without p-value cannot pay from the error budget.'
    )
    return document("Readings", about, lines())
