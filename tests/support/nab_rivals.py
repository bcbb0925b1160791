"""What `score-series` is compared with on NAB: values in, scores in [0, 1] out, strictly in order."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from river import anomaly, drift

from tests.support.nab_score import Floats


def never(values: Floats) -> Floats:
    """Never detects: NAB's null detector, 0 by definition."""
    return np.full(len(values), 0.5)


def every_hundredth(values: Floats) -> Floats:
    """Detects in every hundredth row, whatever the values say."""
    scores = np.zeros(len(values))
    scores[99::100] = 1.0
    return scores


def windowed_gaussian(values: Floats, window: int = 6400, step: int = 100) -> Floats:
    """Two-sided tail of a Gaussian over the last 6,400 values, refitted every 100: NAB's baseline of this name."""
    scores, mean, spread, edge = np.zeros(len(values)), 0.0, 1.0, 0
    for i, value in enumerate(values):
        if i:
            scores[i] = 1.0 - 0.5 * math.erfc(abs(value - mean) / spread / 1.4142)
        if i < window or (i - window + 1) % step == 0:
            edge = max(0, i + 1 - window)
            known = values[edge : i + 1]
            mean, spread = float(known.mean()), float(known.std()) or 1e-6
    return scores


def river_gaussian(values: Floats) -> Floats:
    """River's GaussianScorer on the value, as it comes out of the box."""
    scorer, scores = anomaly.GaussianScorer(), []
    for value in values:
        scores.append(float(scorer.score_one(None, float(value))))
        scorer.learn_one(None, float(value))
    return np.array(scores)


def river_half_space(values: Floats) -> Floats:
    """River's HalfSpaceTrees on the value, scaled by the extremes seen so far."""
    trees, scores, low, high = anomaly.HalfSpaceTrees(seed=1), [], math.inf, -math.inf
    for value in values:
        low, high = min(low, value), max(high, value)
        x = {"value": float((value - low) / (high - low)) if high > low else 0.5}
        scores.append(float(trees.score_one(x)))
        trees.learn_one(x)
    return np.array(scores)


def river_adwin(values: Floats) -> Floats:
    """River's ADWIN on the value: 1 where it says drift."""
    adwin, scores = drift.ADWIN(), []
    for value in values:
        adwin.update(float(value))
        scores.append(float(adwin.drift_detected))
    return np.array(scores)


RIVALS: dict[str, Callable[[Floats], Floats]] = {
    "windowed Gaussian (NAB's)": windowed_gaussian,
    "River GaussianScorer": river_gaussian,
    "River HalfSpaceTrees": river_half_space,
    "River ADWIN": river_adwin,
    "every 100 rows": every_hundredth,
    "never": never,
}
