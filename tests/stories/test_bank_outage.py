"""A system that 20 models stand on is down for 40 minutes, while other things go wrong: the outage is one page.

The alerts are such as the shipped rules raise, made by hand; a day of the whole line is tests/benchmarks/bank_day.py.
"""

from __future__ import annotations

import random
from dataclasses import replace

from schemas.alerts import PAGE, RESOLVED, TICKET, Alert, Transition
from schemas.modelinfo import ModelInfo
from schemas.readings import Series
from schemas.settings import Settings
from tests.support.paged import alertmanager, every_alert, ours

MINUTE = 60_000_000_000
BEGIN = 1_750_000_000_000_000_000 // MINUTE * MINUTE
SYMPTOMS = (
    ("error_share", "fault", "errors.share", ""),
    ("latency_level", "fault", "latency.p95", ""),
    ("feature_missing", "fault", "feature.missing", "fx_rate"),
    ("score_drift", "drift", "output.score_psi", ""),
)


def story(rule: str, family: str, metric: str, feature: str, model: str, minute: int, lasts: int) -> list[Alert]:
    """An alert that opens as a ticket, becomes a page a pane later, and resolves."""
    at = BEGIN + minute * MINUTE
    first = Alert(
        f"{model}-{rule}-{minute}", rule, family, TICKET, "open", Series(model, "1", metric, feature), (), at, at, None,
        1e-9, 0.5, 400, f"{rule} on {model}", "", "b", "h", {}, (Transition(at, TICKET, "seen"),),
    )  # fmt: skip
    steps = (*first.transitions, Transition(at + 5 * MINUTE, PAGE, "worse"))
    page = replace(first, level=PAGE, transitions=steps)
    end = at + lasts * MINUTE
    over = replace(page, state=RESOLVED, resolved_ns=end, transitions=(*steps, Transition(end, RESOLVED, "quiet")))
    return [first, page, over]


def outage(rng: random.Random) -> list[Alert]:
    """Each of 20 models feels it in one to three ways, within two panes."""
    told = []
    for i in range(20):
        for symptom in rng.sample(SYMPTOMS, rng.randint(1, 3)):
            told += story(*symptom, f"m{i:02d}", 5 * rng.randint(0, 2), 55)
    return told


def test_an_outage_of_twenty_models_is_one_page_and_each_other_fault_its_own() -> None:
    rng = random.Random(5)
    told = outage(rng)
    for i in range(30):
        told += story("feature_drift", "drift", "feature.psi", f"x{i}", f"n{i:02d}", 60 + 40 * i, 30)
    notes = ours(told, Settings(models={"m*": ModelInfo(upstreams=("core-banking",))}))
    pages = [note for note in notes if note.level == PAGE and not note.quiet]
    assert len([note for note in pages if any(model.startswith("m") for model in note.models)]) == 1
    assert {model for note in notes for model in note.models} >= {f"m{i:02d}" for i in range(20)}
    others = {model for note in pages for model in note.models if model.startswith("n")}
    assert others == {f"n{i:02d}" for i in range(30)}
    assert len(pages) == 31
    assert len([n for n in every_alert(told) if n.level == PAGE]) > 60
    assert len([n for n in alertmanager(told, lambda a: a.series.model) if n.level == PAGE]) >= 50


def test_nobody_has_to_say_what_the_models_stand_on_unless_drift_is_all_that_is_seen_at_first() -> None:
    told = outage(random.Random(6))
    notes = ours(told, Settings())
    pages = [note for note in notes if note.level == PAGE and not note.quiet]
    alone = {note.models[0] for note in pages[1:]}
    assert {model for note in notes for model in note.models} == {f"m{i:02d}" for i in range(20)}
    first = {
        model: min((a for a in told if a.series.model == model), key=lambda a: a.transitions[-1].at_ns)
        for model in alone
    }
    assert {a.family for a in first.values()} <= {"drift"}
    assert len(alone) <= 3
