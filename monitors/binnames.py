"""How a numeric feature's bins are named for a person."""

from __future__ import annotations

from itertools import pairwise

from schemas.baselines import Numeric


def bin_names(feature: Numeric) -> list[str]:
    """One name per bin, from the lowest."""
    edges = [f"{edge:.4g}" for edge in feature.edges]
    if not edges:
        return ["all"]
    return [f"< {edges[0]}", *(f"{a} – {b}" for a, b in pairwise(edges)), f"≥ {edges[-1]}"]
