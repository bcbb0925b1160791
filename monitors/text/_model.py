"""A linear model over what `_looked` saw: the weights of families, disguises and words, and a calibrated score.

The weights are `_weights.json`; `python -m docs.build_text_model PROMPTS` rebuilds them, and the file says from what. A
score of 0.5 is where one in a hundred harmless texts lay above when their source was left out of training.
"""

from __future__ import annotations

import itertools
import json
from array import array
from base64 import b64decode
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from math import exp, sqrt
from typing import NamedTuple

from monitors.text._looked import REPEATS, Looked

BITS = 16  # words and pairs of words fall into 2 ** BITS buckets
MASK = (1 << BITS) - 1


class Weights(NamedTuple):
    """Of a family met at all and met more often, of each figure, of each bucket of words; where 0.5 is, how steep."""

    bias: float
    met: Sequence[float]
    often: Sequence[float]
    figures: Sequence[float]
    words: Sequence[int]
    unit: float  # of `words`
    middle: float
    steep: float


@cache
def weights() -> Weights:
    """The weights as shipped."""
    kept = json.loads(files("monitors.text").joinpath("_weights.json").read_text("utf-8"))
    return Weights(
        **{name: kept[name] for name in Weights._fields if name != "words"}, words=array("b", b64decode(kept["words"]))
    )


def inputs(looked: Looked) -> list[float]:
    """The figures that have a weight of their own: families met, how often (0 to 1), disguises."""
    met = [min(1.0, n) for n in looked.counts]
    return met + [n / REPEATS for n in looked.counts] + looked.figures


def buckets(hashes: Sequence[int]) -> set[int]:
    """Buckets of the words and of the pairs of words that follow one another."""
    found = {h & MASK for h in hashes}
    found.update([a * 31 + b * 7919 & MASK for a, b in itertools.pairwise(hashes)])
    return found


def score(looked: Looked) -> float:
    """How much it looks like an attack, in [0, 1]."""
    w = weights()
    z = w.bias
    for n, count in enumerate(looked.counts):
        if count:
            z += w.met[n] + w.often[n] * count / REPEATS
    z += sum(map(float.__mul__, w.figures, looked.figures))
    found = buckets(looked.hashes)
    if found:
        words = w.words
        z += w.unit * sum([words[n] for n in found]) / sqrt(len(found))
    return 1 / (1 + exp(-max(-60.0, min(60.0, w.steep * (z - w.middle)))))
