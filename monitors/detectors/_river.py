"""Any drift or anomaly detector of River over a series of readings, named in a rule by its class.

What may be named is in `monitors.river_catalogue`. It suspects only: River's detectors give no p.
"""

from __future__ import annotations

from collections import deque
from functools import cache
from inspect import Parameter, Signature
from math import exp, isfinite
from statistics import median
from typing import Any, ClassVar

from river.neighbors import LazySearch

from monitors import kswin
from monitors.detectors import Verdict
from monitors.river_catalogue import Entry, forecaster
from monitors.river_ranges import outside
from monitors.robust import RobustScale, usable
from schemas.readings import Reading
from schemas.signals import BREACH, NOT_ENOUGH, QUIET

REACH = 8.0  # River sees at most so many spreads from the centre: one wild value must not be all it knows
LATELY = 5
LAGS = 4
OWN = {  # our own parameters, beside River's
    "first": 30,  # values that fix centre and spread
    "scores": 100,  # of a scorer: how many of its scores make its distribution
    "tail": 0.02,  # of a scorer: the share of its own scores that is called high
    "lasting": 3,  # of a scorer: how many high scores running are a breach
    "memory": 512,
}
SCORERS = ("features", "target")
# Parameters of River's that say how many values a class needs before it says anything.
NEEDS = ("grace_period", "min_instances", "sliding_window_size", "warm_start", "warmup_period", "window_size")


@cache
def adapter(entry: Entry) -> type[River]:
    """A class of its own for each of River's, with its parameters in its signature."""
    shared = {k: v for k, v in OWN.items() if entry.shown in SCORERS or k in ("first", "memory")}
    if entry.short == "LocalOutlierFactor":
        shared["memory"] = 256  # each score walks through all that is remembered
    if entry.short == "LODA":
        shared["lasting"] = 2 * LAGS  # neighbouring scores share values
    own = [Parameter(k, Parameter.KEYWORD_ONLY, default=v, annotation=type(v).__name__) for k, v in shared.items()]
    known = Signature([*entry.parameters.values(), *own])
    namespace = {"entry": entry, "__signature__": known, "__doc__": River.__doc__, "__module__": __name__}
    return type(entry.short, (River,), namespace)


class River:
    """Breach when River's detector says that the series changed, or its scores stay high by its own standard.

    The first `first` values fix centre and spread and say "not enough data"; then River sees each value as its distance
    from the centre in spreads, at most 8. Half-space trees and ADWIN, which expect [0, 1], see that range mapped there.
    Detectors of errors (DDM, EDDM, FHDDM, HDDM) see 1 for a value more than a spread from the centre, else 0; FHDDM,
    which looks for fewer ones, sees the opposite. The one-class SVM, which is linear, sees five bumps over the range
    and is read with its sign turned: low is strange there. LODA, whose histograms have gaps, sees the last four values,
    so that its projections differ. A scorer breaches when `lasting` scores running are each in
    the highest `tail` of its last `scores` scores. After a breach all starts afresh at the new level, so a lasting
    shift is told once. `effect` is the median of the last five values less the centre, in spreads. It can be rebuilt
    from `memory` readings; what River learnt before those is gone once there are twice as many.

    When it does not work: it has no error rate, only what was measured (docs/benchmarks.md). A season looks like a
    change. A binary detector is blind to a change within the spread. An error inside River (a forecast that overflows,
    say) starts it afresh and is told as "not enough data".

    >>> from monitors.detectors import load
    >>> from schemas.readings import Reading, Series
    >>> series, detector = Series("card", "1", "latency.p50"), load("river.drift.KSWIN", {"window_size": 60})
    >>> values = [20.0, 21.0, 19.0] * 30 + [40.0, 41.0, 39.0] * 10
    >>> said = [detector.update(Reading(series, i, 900, value)) for i, value in enumerate(values)]
    >>> [(i, each.reason) for i, each in enumerate(said) if each.verdict == "breach"]
    [(106, 'KSWIN: the last values are around 40, 13 spreads from 20')]

    Reference: J. Montiel et al., "River: machine learning for streaming data in Python", JMLR 22(110), 2021.
    """

    calibrated: ClassVar[bool] = False
    anchored: ClassVar[bool] = True
    entry: ClassVar[Entry]
    __signature__: ClassVar[Signature]
    memory: int

    def __init__(self, **given: Any) -> None:
        parameters = {key: each.default for key, each in self.__signature__.parameters.items()} | given
        for key, value in parameters.items():
            setattr(self, key, value)
        self.scores: int
        self._scorer = self.entry.shown in SCORERS
        self._own = {**OWN, **{key: parameters.get(key, value) for key, value in OWN.items()}}
        self._river = {key: value for key, value in parameters.items() if key not in OWN}
        wrong = "; ".join(outside(self.entry.short, self._river))
        if wrong:
            raise ValueError(wrong)
        table = parameters.get("predictive_model", {})
        # A forecaster cannot be asked before it has seen a season and its lags.
        lags = [int(table.get(key, 0)) for key in ("p", "d", "q", "seasonality")]
        seasons = int(table.get("m", 1)) * max(int(table.get(key, 0)) for key in ("sp", "sd", "sq"))
        needs = [int(parameters[key] or 0) for key in NEEDS if key in parameters]
        self._warm = max([*needs, sum(lags) + seasons + 2, 10 if self._scorer else 0])
        most = max(self._own["first"], self._warm + self._own["first"] * self._scorer)
        self._enough = most + (self._own["scores"] if self._scorer else 1)
        self._check()
        self._restart()

    def _check(self) -> None:
        own = self._own
        if own["first"] < LATELY or own["lasting"] < 1 or not 0 < own["tail"] < 1:
            said = f"{own['first']}, {own['lasting']} and {own['tail']}"
            raise ValueError(f"need first >= {LATELY}, lasting >= 1 and tail in (0, 1), not {said}")
        if self._scorer and own["tail"] * (own["scores"] + 1) < 1:
            raise ValueError(f"a tail of {own['tail']} needs at least {1 / own['tail'] - 1:.0f} scores")
        if self.entry.short == "KSWIN" and not 0 < 2 * self._river["stat_size"] <= self._river["window_size"]:
            raise ValueError("need 0 < stat_size <= window_size / 2: it compares as many earlier values with the last")
        short = self._river.get("short_window_size")
        if short is not None and short > self._river["sliding_window_size"]:
            raise ValueError(f"short_window_size must be at most sliding_window_size, not {short}")
        if own["memory"] < self._enough:
            raise ValueError(f"memory must be at least {self._enough} with these parameters, not {own['memory']}")

    def _make(self) -> Any:
        given = dict(self._river)
        if "predictive_model" in given:
            given["predictive_model"] = forecaster(self.entry.name, given["predictive_model"])
        if self.entry.short == "LocalOutlierFactor":
            given["engine"] = LazySearch(window_size=self.memory)
        return (kswin.KSWIN if self.entry.short == "KSWIN" else self.entry.make)(**given)

    def _restart(self) -> None:
        self._scale = RobustScale(self._own["first"])
        self._test = self._make()
        self._seen = 0
        self._run: list[tuple[float, tuple[Any, ...]]] = []  # high scores running, and what was scored
        self._lags: deque[float] = deque([0.0] * LAGS, maxlen=LAGS)
        self._lately: deque[float] = deque(maxlen=LATELY)
        self._scores: deque[float] = deque(maxlen=self._own["scores"])

    def update(self, reading: Reading) -> Verdict:
        """Take the next reading of the series."""
        value = reading.value
        if value is None or not usable(value):
            return Verdict(NOT_ENOUGH, None, None, f"no value from {reading.n} events in this pane")
        try:
            alarm = self._take(value)
        except (ArithmeticError, ValueError, LookupError) as e:
            self._restart()
            return Verdict(NOT_ENOUGH, None, None, f"{self.entry.short} failed ({e}) and starts with 0 values")
        if alarm is None:
            seen = max(self._seen, len(self._scale.first)) + len(self._scores)
            return Verdict(NOT_ENOUGH, None, None, f"learning: {seen} values of {self._enough} needed")
        if not alarm:
            return Verdict(QUIET, None, None, f"{self.entry.short}: no change from around {self._scale.centre:.4g}")
        before, after = self._scale.centre, median(self._lately)
        effect = (after - before) / self._scale.spread
        self._restart()
        where = f"the last values are around {after:.4g}, {effect:.2g} spreads from {before:.4g}"
        return Verdict(BREACH, None, effect, f"{self.entry.short}: {where}")

    def _take(self, value: float) -> bool | None:
        """Whether River calls it a change; None while it cannot know."""
        scale = self._scale
        if scale.missing:
            scale.add(value)
            if not scale.missing:
                for each in scale.first:
                    self._show(scale.standard(each, REACH))
            return None
        self._lately.append(value)
        return self._show(scale.standard(value, REACH))

    def _show(self, z: float) -> bool | None:
        self._seen += 1
        if self._scorer:
            return self._score(z)
        if self.entry.shown == "bit":
            self._test.update(int((abs(z) > 1) != (self.entry.short == "FHDDM")))
        else:
            self._test.update(0.5 + z / (2 * REACH) if self.entry.short == "ADWIN" else z)
        return bool(self._test.drift_detected) if self._seen > self._warm else None

    def _score(self, z: float) -> bool | None:
        """Whether so many scores running are high.

        What is scored high is held back, and learnt only when its run has ended: else River would take a shift for
        normal before it has lasted long enough to be told.
        """
        x = (self._features(z),) if self.entry.shown == "features" else ({}, z)
        score = float(self._test.score_one(*x)) if self._seen > self._warm else None
        if score is None or not isfinite(score):
            self._test.learn_one(*x)
            return None
        score = -score if self.entry.short == "OneClassSVM" else score
        known, own = len(self._scores), self._own
        rank = (1 + sum(each >= score for each in self._scores)) / (known + 1)
        self._run.append((score, x))
        if known < own["scores"] or rank > own["tail"]:
            for each, held in self._run:
                self._scores.append(each)
                self._test.learn_one(*held)
            self._run = []
        return len(self._run) >= own["lasting"] if known == own["scores"] else None

    def _features(self, z: float) -> dict[str, float]:
        if self.entry.short == "OneClassSVM":
            return {f"bump{i}": exp(-((z - i) ** 2) / 2) for i in range(-2, 3)}
        if self.entry.short == "LODA":
            self._lags.append(z)
            return {f"lag{i}": each for i, each in enumerate(self._lags)}
        return {"value": 0.5 + z / (2 * REACH) if self.entry.short == "HalfSpaceTrees" else z}
