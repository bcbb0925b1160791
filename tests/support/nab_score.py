"""The scoring rule of the Numenta Anomaly Benchmark (NAB v1.1), pure: scores and windows in, corpus score out.

A detection early in a labelled window earns almost 1, at its end almost 0, and counts once per window; a window without
one costs `fn`; each detection outside costs up to `fp`, less just behind a window. One threshold holds for all files.
Source: Lavin & Ahmad 2015, "Evaluating Real-time Anomaly Detection Algorithms", and the rules of numenta/NAB.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SIGMA_FIRST = 0.98661429815


@dataclasses.dataclass(frozen=True)
class Profile:
    """What a detection, a false one and a missed window weigh."""

    name: str
    fp: float
    fn: float
    tp: float = 1.0


STANDARD = Profile("standard", fp=0.11, fn=1.0)
LOW_FP = Profile("reward_low_FP_rate", fp=0.22, fn=1.0)
LOW_FN = Profile("reward_low_FN_rate", fp=0.11, fn=2.0)
PROFILES = (STANDARD, LOW_FP, LOW_FN)


@dataclasses.dataclass(frozen=True)
class Labelled:
    """A scored file: `windows` are inclusive row ranges in order."""

    score: Floats
    windows: Sequence[tuple[int, int]]

    @property
    def scored_windows(self) -> list[tuple[int, int]]:
        """Those that do not lie wholly in probation."""
        return [(first, last) for first, last in self.windows if last >= probation(len(self.score))]

    @property
    def open_rows(self) -> NDArray[np.bool_]:
        """Rows after probation that have a score."""
        return (np.arange(len(self.score)) >= probation(len(self.score))) & ~np.isnan(self.score)


def probation(rows: int) -> int:
    """How many rows at the start are not scored."""
    return min(int(0.15 * rows), 750)


def sigma(position: Floats) -> Floats:
    """NAB's scaled sigmoid: 1 far before the right edge of a window, 0 at it, −1 far behind."""
    return np.where(position > 3.0, -1.0, 2.0 / (1.0 + np.exp(5.0 * np.minimum(position, 3.0))) - 1.0)


def steps(file: Labelled, profile: Profile) -> tuple[Floats, Floats]:
    """What lowering the threshold past each score adds to the corpus score: (scores, gains)."""
    rows = np.arange(len(file.score))
    open_rows = file.open_rows
    weight = np.full(len(rows), -profile.fp)
    scores, gains = [], []
    for first, last in file.windows:
        width = last - first + 1
        behind = rows > last
        weight[behind] = profile.fp * sigma((rows[behind] - last) / max(width - 1, 1))
    for first, last in file.windows:
        weight[first : last + 1] = 0.0
        inside = rows[first : last + 1][open_rows[first : last + 1]]
        inside = inside[np.argsort(-file.score[inside], kind="stable")]
        reward = profile.tp / SIGMA_FIRST * sigma(-(last - inside + 1) / (last - first + 1))
        best = np.maximum.accumulate(reward)
        scores.append(file.score[inside])
        gains.append(np.diff(best, prepend=-profile.fn))
    outside = rows[open_rows & (weight != 0)]
    scores.append(file.score[outside])
    gains.append(weight[outside])
    return np.concatenate(scores), np.concatenate(gains)


def null_score(files: Sequence[Labelled], profile: Profile) -> float:
    """The raw score of a detector that never detects."""
    return -profile.fn * sum(len(file.scored_windows) for file in files)


def normalised(raw: float, files: Sequence[Labelled], profile: Profile) -> float:
    """0 for a detector that never detects, 100 for one that detects each window in its first row and nothing else."""
    null = null_score(files, profile)
    perfect = profile.tp * sum(len(file.windows) for file in files)
    return 100.0 * (raw - null) / (perfect - null) if perfect > null else 0.0


def score_at(files: Sequence[Labelled], threshold: float, profile: Profile) -> float:
    """The normalised corpus score with this threshold."""
    raw = null_score(files, profile)
    for file in files:
        raw += gain_at(file, threshold, profile)
    return normalised(raw, files, profile)


def gain_at(file: Labelled, threshold: float, profile: Profile) -> float:
    """What one file adds to the null score with this threshold."""
    scores, gains = steps(file, profile)
    return float(gains[scores >= threshold].sum())


def left_out(groups: Sequence[Sequence[Labelled]], profile: Profile) -> float:
    """The normalised score when each group is counted with the threshold that is best for the other groups."""
    files = [file for group in groups for file in group]
    raw = null_score(files, profile)
    for group in groups:
        others = [file for other in groups if other is not group for file in other]
        threshold, _ = best_threshold(others, profile)
        raw += sum(gain_at(file, threshold, profile) for file in group)
    return normalised(raw, files, profile)


def best_threshold(files: Sequence[Labelled], profile: Profile) -> tuple[float, float]:
    """The threshold that is best over all files, and the normalised score with it."""
    pieces = [steps(file, profile) for file in files]
    scores, gains = (np.concatenate(part) for part in zip(*pieces))
    order = np.argsort(-scores, kind="stable")
    scores, total = scores[order], np.cumsum(gains[order])
    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
    best = ends[int(np.argmax(total[ends]))] if len(ends) else -1
    if best < 0 or total[best] <= 0:
        return float("inf"), 0.0
    raw = null_score(files, profile) + float(total[best])
    return float(scores[best]), normalised(raw, files, profile)
