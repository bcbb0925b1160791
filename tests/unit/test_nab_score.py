"""Our NAB scorer keeps NAB's rule: its constants, its ends (0 and 100), and a published figure."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.support import nab
from tests.support.nab_rivals import windowed_gaussian
from tests.support.nab_score import (
    LOW_FP,
    PROFILES,
    STANDARD,
    Labelled,
    best_threshold,
    left_out,
    probation,
    score_at,
    sigma,
)
from tests.support.needs import need

WINDOW = (400, 499)


def one(*detections: int, rows: int = 1000) -> Labelled:
    score = np.zeros(rows)
    score[list(detections)] = 1.0
    return Labelled(score, [WINDOW])


def standard(file: Labelled) -> float:
    return score_at([file], 1.0, STANDARD)


def test_never_is_0_and_perfect_is_100() -> None:
    for p in PROFILES:
        assert score_at([one()], 1.0, p) == 0.0
        assert score_at([one(400)], 1.0, p) == pytest.approx(100.0)


def test_the_first_of_many_in_a_window_counts() -> None:
    assert standard(one(450, 460, 470, 499)) == standard(one(450))
    assert standard(one(400)) > standard(one(450)) > standard(one(499)) > 50.0


def test_a_false_detection_costs_its_weight_and_less_just_behind_a_window() -> None:
    assert standard(one(400, 200)) == pytest.approx(100 - 100 * 0.11 / 2)
    assert score_at([one(400, 200)], 1.0, LOW_FP) == pytest.approx(100 - 100 * 0.22 / 2)
    assert standard(one(400, 200)) == pytest.approx(standard(one(400, 999)))
    assert standard(one(400, 999)) < standard(one(400, 510)) < standard(one(400))


def test_probation_is_not_scored() -> None:
    assert [probation(rows) for rows in (8, 1000, 5000, 100_000)] == [1, 150, 750, 750]
    assert standard(one(400, *range(150))) == pytest.approx(100.0)
    assert standard(one(400, 150)) < 100.0


def test_the_sigmoid_has_nabs_values() -> None:
    assert sigma(np.array([-1.0, 0.0, 3.0, 3.1])) == pytest.approx([0.98661429815, 0.0, -0.99999938, -1.0])


def test_the_best_threshold_is_the_best() -> None:
    score = np.random.default_rng(3).random(1000)
    score[430] = 0.99
    files = [Labelled(score, [WINDOW])]
    threshold, best = best_threshold(files, STANDARD)
    assert best == pytest.approx(score_at(files, threshold, STANDARD))
    assert best >= max(score_at(files, each, STANDARD) for each in np.linspace(0.5, 1.1, 61))
    # What is best for the other group finds nothing here.
    assert left_out([files, [Labelled(np.zeros(1000), [WINDOW])]], STANDARD) == 0.0


def test_the_profiles_are_the_published_ones() -> None:
    need(nab.FOLDER.is_dir(), "NAB's development files", nab.HOW)
    published = json.loads((nab.FOLDER / "profiles.json").read_text("utf-8"))
    ours = {p.name: (p.tp, p.fp, p.fn) for p in PROFILES}
    matrices = {name: each["CostMatrix"] for name, each in published.items()}
    assert ours == {name: (m["tpWeight"], m["fpWeight"], m["fnWeight"]) for name, m in matrices.items()}


def test_the_windowed_gaussian_scores_what_was_published() -> None:
    """36.6, 14.7, 45.3 with thresholds chosen on twice as many files: ours may be a little above, not below."""
    need(nab.FOLDER.is_dir(), "NAB's development files", nab.HOW)
    files = [one.labelled(windowed_gaussian(one.values)) for one in nab.development()]
    best = [best_threshold(files, profile)[1] for profile in PROFILES]
    assert (len(files), sum(len(file.windows) for file in files)) == (35, 67)
    for ours, published, above in zip(best, (36.6, 14.7, 45.3), (1.0, 6.0, 1.0)):
        assert published <= ours <= published + above
