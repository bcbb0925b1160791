"""Which of River's classes a rule may name, with which parameters: a closed list, looked up and never evaluated.

Drift detectors and anomaly detectors of the installed River, and its forecasters for the one detector that wraps one.
Parameters that are objects (an optimiser, a search engine, limits per feature) are not offered; those keep River's
defaults. A `seed` that is not given is 1: without one the same log would not give the same alerts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from inspect import Parameter, isclass, signature
from typing import Any

from monitors.parameters import check
from monitors.river_ranges import outside
from schemas.errors import RuleError, unknown

# Named in River's folders, and of no use on a series: why not is told to whoever names one.
REFUSED = {
    "DummyDriftDetector": "it alarms by the clock, not by the data",
    "NoDrift": "it never alarms",
    "DriftRetrainingClassifier": "it is a classifier",
    "QuantileFilter": "name the detector it would wrap; `tail` is the quantile",
    "ThresholdFilter": "name the detector it would wrap; `tail` is the threshold",
}
# Where River's own default suits values of another kind than ours, measured in `tests/benchmarks/detectors.py`.
BETTER: dict[str, dict[str, Any]] = {
    "ADWIN": {"clock": 1},
    "DDM": {"warm_start": 60, "drift_threshold": 4.0},
    "EDDM": {"warm_start": 60, "beta": 0.6},
    "KSWIN": {"alpha": 0.0001},
    "LODA": {"n_random_cuts": 20},
    "PageHinkley": {"delta": 0.5, "threshold": 20.0},
    "PredictiveAnomalyDetection": {
        "predictive_model": {"class": "river.time_series.HoltWinters", "alpha": 0.05},
        "n_std": 10.0,
    },
}
SIMPLE = {"int": "int", "float": "float", "bool": "bool", "str": "str"}
# River leaves these without a type.
UNSAID = {"alpha": "float", "beta": "float", "gamma": "float", "window_size": "int"}


@dataclass(frozen=True, eq=False)
class Entry:
    """One class of River: its full name, how it is told a value, and the parameters a rule may give.

    `shown` is "level", "bit" (an error or not), "features" (a dict) or "target" (a number to be predicted).
    """

    name: str
    make: Any
    shown: str
    parameters: dict[str, Parameter]

    @property
    def short(self) -> str:
        return self.name.rpartition(".")[2]


@cache
def entries() -> dict[str, Entry]:
    """All of them by full name, sorted."""
    # Here, because a service whose rules name none of them need not pay for loading them.
    from river import anomaly, base, drift

    found = {}
    for module in (drift, drift.binary, anomaly):
        for short in module.__all__:
            thing = getattr(module, short, None)
            if not isclass(thing) or short in REFUSED:
                continue
            for parent, shown in (
                (base.BinaryDriftDetector, "bit"),
                (base.DriftDetector, "level"),
                (base.DriftAndWarningDetector, "level"),
                (base.AnomalyDetector, "features"),
                (base.SupervisedAnomalyDetector, "target"),
            ):
                if issubclass(thing, parent):
                    name = f"{module.__name__}.{short}"
                    found[name] = Entry(name, thing, shown, offered(short, thing))
                    break
    return dict(sorted(found.items()))


@cache
def spellings() -> tuple[str, ...]:
    """Everything `find` would find, for whoever has to be told the nearest."""
    return tuple(sorted({*entries(), *(entry.short for entry in entries().values())}))


def find(name: str) -> Entry | None:
    """By full name, by class alone, or with River's older spelling (HDDM_A); None if there is no such class.

    Raises RuleError for one that exists and is refused.
    """
    short = name.rpartition(".")[2]
    if short in REFUSED and name in (short, f"river.drift.{short}", f"river.anomaly.{short}"):
        raise RuleError(f"{name} cannot be used in a rule: {REFUSED[short]}")
    plain = name.replace("_", "")
    near = [e for e in entries().values() if plain in (e.name, e.short, e.name.replace(".binary", ""))]
    return near[0] if near else None


@cache
def forecasters() -> dict[str, Any]:
    """River's forecasters by full name."""
    from river import time_series

    every = ((name, getattr(time_series, name, None)) for name in time_series.__all__)
    kept = {n: t for n, t in every if isclass(t) and issubclass(t, time_series.base.Forecaster)}
    return {f"river.time_series.{name}": thing for name, thing in sorted(kept.items())}


def forecaster(owner: str, table: Mapping[str, Any]) -> Any:
    """The forecaster that a table `{class = "river.time_series.HoltWinters", alpha = 0.3}` describes.

    Raises RuleError that names what is missing, unknown or of another type.
    """
    given = dict(table)
    name = str(given.pop("class", ""))
    known = {n: thing for full, thing in forecasters().items() for n in (full, full.rpartition(".")[2])}
    if name not in known:
        raise RuleError(f"{owner}: {unknown('forecaster', name, forecasters())}")
    parameters = offered(name, known[name])
    check(f"{owner}: {name}", parameters, given)
    missing = [key for key, each in parameters.items() if each.default is each.empty and key not in given]
    if missing:
        raise RuleError(f"{owner}: {name} needs {', '.join(missing)}")
    wrong = list(outside(name.rpartition(".")[2], given))
    if wrong:
        raise RuleError(f"{owner}: {name}: {'; '.join(wrong)}")
    return known[name](**given)


def offered(short: str, thing: Any) -> dict[str, Parameter]:
    """River's parameters that a rule can write down, in its order, with a type each."""
    kept = {}
    for key, each in signature(thing).parameters.items():
        said = "" if each.annotation is each.empty else str(each.annotation).replace(" | None", "")
        default = BETTER.get(short, {}).get(key, 1 if key == "seed" else each.default)
        if key == "predictive_model":
            said = "dict[str, Any]"
        elif not said and isinstance(default, float | int | bool | str):
            said = type(default).__name__
        elif said not in SIMPLE:
            said = UNSAID.get(key, "") if not said else "float" if said.endswith("float") else ""
        if said:
            annotation = f"{said} | None" if default is None else said
            kept[key] = Parameter(key, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
    return kept
