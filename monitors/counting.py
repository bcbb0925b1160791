"""Counts of many groups of rows at once, by name: what summaries are made of.

A family that does not look at the baseline counts the rows of all models of a batch together, and one that can, those
of models side by side; so a batch of a thousand models costs little more than a batch of one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from monitors.abreast import Abreast
from monitors.counted import Counted
from monitors.readings import Family, side_by_side, sparse
from monitors.view import View


def count(view: View, families: Iterable[Family]) -> Counted:
    """All that these families count of one view; one of them counts events."""
    (counted,) = count_each(Abreast.alone(view), families)
    return Counted.joined(counted)


def count_each(abreast: Abreast, families: Iterable[Family]) -> list[list[Counted]]:
    """What these families count of each model, in order."""
    found: list[list[Counted]] = [[] for _ in abreast.views]
    for family in families:
        if side_by_side(family):
            for model, counted in cast(Any, family).summarise(abreast):
                found[model].append(counted)
            continue
        for mine, view in zip(found, abreast.views, strict=True):
            vectors = family.summarise(view)
            if vectors:
                mine.append(Counted.of(vectors, sparse=sparse(family)))
    return found
