"""The facts that speak for one cause or another."""

from __future__ import annotations

import inspect

from docs.markdown import document, grid
from monitors import verdict


def page() -> str:
    rows = ((name, word, f"{weight:g}") for name, (word, weight) in verdict.WEIGHTS.items())
    return document("Verdicts", inspect.getdoc(verdict) or "", grid(("fact", "speaks for", "weight"), rows))
