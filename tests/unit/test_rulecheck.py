"""What is said of a rule that cannot do what it says; and that a new one is sound from its first line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitors import abuse, attacks, detectors, readings, talks
from monitors.readings import poisoning
from monitors.rulecheck import check_rule
from monitors.skeleton import TEXTS, skeleton
from schemas.errors import RuleError
from schemas.rules import Rule, load_rule
from tests.support.chats import chat
from tests.support.traffic import RULES, Made, learn_from, rich, run_line, traffic

DRIFT = next(rule for rule in RULES if rule.id == "feature_drift")
LEVEL = next(rule for rule in RULES if rule.id == "latency_level")


def errors(rule: Rule = DRIFT, **values: Any) -> str:
    return "; ".join(check_rule(msgspec.structs.replace(rule, **values)).errors)


def warnings(rule: Rule = DRIFT, **values: Any) -> str:
    found = check_rule(msgspec.structs.replace(rule, **values))
    assert found.errors == ()
    return "; ".join(found.warnings)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_shipped_rules_have_neither_faults_nor_notes(rule: Rule) -> None:
    found = check_rule(rule)
    assert (found.errors, found.warnings) == ((), ())


def test_each_fault_is_named_with_what_would_be_right() -> None:
    assert "unknown metric 'feature.pis'; did you mean feature.psi" in errors(metric="feature.pis")
    assert "unknown detector 'adwim'; did you mean adwin" in errors(detector="adwim")
    assert "unknown parameter of page_hinkley 'treshold'; did you mean threshold" in errors(
        LEVEL, parameters={"treshold": 1.0}
    )
    assert "delta" in errors(LEVEL, parameters={"delta": -1.0})
    assert "min_n = 0 must be at least 1" in errors(min_n=0)
    assert "min_effect = nan" in errors(min_effect=float("nan"))
    assert "min_effect = -1" in errors(min_effect=-1)
    assert "close = 0" in errors(close=0)
    assert "more than 2016 panes" in errors(open=(1, 5000))
    assert "gaps is empty" in errors(gaps="  ")
    assert "hourly is not for volume.silence" in errors(metric="volume.silence", hourly=True)
    assert errors(metric="labels.errors", hourly=True) == ""
    assert "two_baselines cannot judge feature.wasserstein" in errors(
        metric="feature.wasserstein", detector="two_baselines"
    )
    assert 'of = "p" never fires; take of = "value"' in errors(LEVEL, detector="e_process", parameters={"of": "p"})
    assert errors(detector="e_process", parameters={"of": "p"}) == ""
    assert "alpha must lie in (0, 1), not 5" in errors(LEVEL, detector="river.drift.KSWIN", parameters={"alpha": 5})
    assert "min_effect > 0" in errors(LEVEL, detector="two_baselines", parameters={"min_effect": -1.0})


def test_what_would_never_fire_or_never_rise_is_noted() -> None:
    assert "without a p-value, so significant never fires" in warnings(metric="latency.p50")
    assert "never rises above suspected until `mirqab rules calibrate`" in warnings(LEVEL, level="ticket")
    assert "it never pages" in warnings(LEVEL, level="page")
    rank = msgspec.structs.replace(DRIFT, metric="latency.p50", detector="conformal")
    assert "knows no p below 0.002" in warnings(rank, parameters={"memory": 500}, together=False)
    assert warnings(rank, parameters={"memory": 8000}, together=False) == ""
    assert "does not ask for min_effect" in warnings(LEVEL, min_effect=0.5)
    assert "comes from the error budget" in warnings(parameters={"alpha": 0.5})
    assert "is the rule's own min_n" in warnings(parameters={"min_n": 5})
    assert "never rises above ticket" in warnings(hourly=True, level="page")
    assert "together is not used" in warnings(LEVEL, together=True)
    assert "no MITRE ATLAS id" in warnings(technique="T1059")
    assert warnings(technique="AML.T0043.001") == ""


@pytest.mark.parametrize("metric", readings.metrics())
def test_a_new_rule_can_be_used_as_it_is_and_says_that_it_is_new(metric: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(skeleton("mine", metric))
    found = check_rule(load_rule(path))
    assert found.errors == ()
    assert len(found.warnings) == 1
    assert f"{', '.join(TEXTS)}: still what `rules new` wrote" in found.warnings[0]


@pytest.mark.parametrize("detector", [*detectors.names(), "KSWIN", "PredictiveAnomalyDetection"])
def test_a_new_rule_may_name_any_detector_and_its_commented_parameters_are_the_defaults(
    detector: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    text = skeleton("mine", "feature.missing", detector)
    path.write_text(text)
    bare = load_rule(path)
    head, _, own = text.partition("[parameters]\n")
    path.write_text(head + "[parameters]\n" + own.replace("# ", ""))
    full = load_rule(path)
    assert check_rule(full).errors == ()
    assert bare.parameters == {}
    defaults = {k: p.default for k, p in detectors.accepted(detector).items() if p.default is not None}
    assert all(defaults[key] == (tuple(v) if isinstance(v, list) else v) for key, v in full.parameters.items())
    for field in Rule.__struct_fields__:
        assert f"\n{field} = " in text or field in ("parameters", "match", "per", "examples", "calibration")
    asked = skeleton("mine", "match.share")
    assert "[match]" in asked
    assert "[[examples.hits]]" in asked


def test_a_new_rule_on_nothing_known_is_refused() -> None:
    with pytest.raises(RuleError, match=r"unknown metric 'feature\.pis'; did you mean feature\.psi"):
        skeleton("mine", "feature.pis")
    with pytest.raises(RuleError, match="unknown detector 'signifcant'; did you mean significant"):
        skeleton("mine", "feature.psi", "signifcant")


def test_families_say_truly_which_of_their_metrics_come_without_a_p() -> None:
    """Labelled, slow and drifting traffic, judged by a baseline, so that every family has something to say."""
    rows = traffic(60, 100, seed=3, change=rich)
    baseline = learn_from(traffic(60, 50, seed=9, change=rich))
    talk = [{**row, "response": f"{row['response']} Card 4111 1111 1111 1111."} for row in chat(60, seed=3)]
    both = sorted([*rows, *talk], key=lambda row: float(row["ts"]))
    ran = run_line(Made().add(both).feeds(), baselines=[baseline, learn_from(chat(60, seed=9))])
    seen: dict[str, bool] = {}
    for row in ran.store.rows("readings"):
        seen[row["metric"]] = seen.get(row["metric"], False) or row["p"] is not None
    # An hour, one version, nobody attacks, and nobody says where labels come from.
    silent = {"volume.silence", "principal.silence", "version.new", *attacks.METRICS, *poisoning.METRICS}
    silent |= {*talks.METRICS, *abuse.METRICS, *readings.told_at_once()}
    silent |= {"match.share", "match.beyond"}  # no rule here looks for single events
    assert set(seen) >= set(readings.metrics()) - silent
    assert {metric for metric, p in seen.items() if p} - silent == {
        m for m, p in readings.metrics().items() if p
    } - silent
