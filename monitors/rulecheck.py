"""Whether a rule can do what it says: its metric and detector exist, its numbers are possible, a person is told enough.

It looks at the rule alone. How often it would have fired is a question for stored time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from monitors.detectors import BUDGET, accepted, load, own, remembers
from monitors.examples import failing
from monitors.nullrate import pays
from monitors.readings import FAMILIES, distances, metrics, metrics_of, of_hours, told_at_once
from monitors.skeleton import TEXTS
from schemas.alerts import PAGE, SUSPECTED
from schemas.errors import RuleError, unknown
from schemas.rules import Rule, decisive

ATLAS = re.compile(r"AML\.T\d{4}(\.\d{3})?")
LONGEST_OPEN = 2016  # panes; a week of them at five minutes
MEMORY = 8000  # values that a rank needs to be as rare as a ticket a week asks for


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong, so that it cannot be used, and what it is good to know. A sentence each."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def check_rule(rule: Rule) -> Findings:
    """Look one rule over."""
    errors = [*_names(rule), *_numbers(rule), *_words(rule), *failing(rule)]
    return Findings(tuple(errors), tuple(_warnings(rule)) if not errors else ())


def _names(rule: Rule) -> Iterator[str]:
    if rule.metric not in metrics():
        yield unknown("metric", rule.metric, metrics())
    elif rule.hourly and not any(of_hours(family) and rule.metric in metrics_of(family) for family in FAMILIES):
        yield f"hourly is not for {rule.metric}, which needs more than the counts of an hour; leave it out"
    try:
        load(rule.detector, own(rule.detector, rule.parameters))
    except RuleError as e:
        yield str(e)
        return
    if rule.metric not in metrics():
        return
    without_p = not metrics()[rule.metric] and rule.metric not in told_at_once()
    if rule.parameters.get("of") == "p" and without_p:
        yield f'{rule.metric} comes without a p-value, so {rule.detector} of = "p" never fires; take of = "value"'
    if rule.detector == "two_baselines" and rule.metric in distances():
        yield (
            f"two_baselines cannot judge {rule.metric}: a distance is never negative, so its mean is more than the 0 "
            "that the baseline expects though nothing changed; take page_hinkley or e_process, which learn what is "
            "usual, or a metric that moves both ways, such as output.score_mean"
        )


def _numbers(rule: Rule) -> Iterator[str]:
    if rule.min_n < 1:
        yield f"min_n = {rule.min_n} must be at least 1"
    if not isfinite(rule.min_effect) or rule.min_effect < 0:
        yield f"min_effect = {rule.min_effect} must be a number of at least 0"
    if rule.close < 1:
        yield f"close = {rule.close} must be at least 1: the quiet panes after which an alert ends"
    if rule.open[1] > LONGEST_OPEN:
        yield f"open = [{rule.open[0]}, {rule.open[1]}] asks for more than {LONGEST_OPEN} panes, a week"


def _words(rule: Rule) -> Iterator[str]:
    for name in TEXTS:
        if not str(getattr(rule, name)).strip():
            yield f"{name} is empty; it is shown with every alert"


def _warnings(rule: Rule) -> Iterator[str]:
    calibrated = pays(rule)
    without_p = not metrics()[rule.metric] and rule.metric not in told_at_once()
    if calibrated and not remembers(rule.detector) and without_p:
        yield f"{rule.metric} comes without a p-value, so {rule.detector} never fires; take conformal or page_hinkley"
    if calibrated and remembers(rule.detector):
        memory = int(rule.parameters.get("memory", accepted(rule.detector)["memory"].default))
        if memory < MEMORY:
            yield (
                f"{rule.detector} with memory = {memory} knows no p below {1 / (memory + 1):.2g}, and one false ticket "
                f"a week asks for 0.0003 or less: it can only say 'not enough data'. Give a memory of {MEMORY:,} or "
                "more, or take a detector that suspects, such as page_hinkley"
            )
    if not calibrated and rule.level != SUSPECTED:
        yield from _rate(rule)
    if rule.per and (rule.detector, rule.parameters, rule.min_effect) != ("matched", {}, 0.0):
        yield "detector, parameters and min_effect are not used: per says how many events are too many"
    elif not calibrated and rule.min_effect > 0:
        yield f"{rule.detector} does not ask for min_effect; see its own parameters"
    if rule.hourly and rule.level == PAGE:
        yield "no page is budgeted for sums of an hour, so this never rises above ticket"
    if rule.together and remembers(rule.detector):
        yield f"together is not used: {rule.detector} remembers each series, so it is asked about every one alone"
    for name in BUDGET:
        if calibrated and name in rule.parameters:
            what = "comes from the error budget" if name == "alpha" else f"is the rule's own {name}"
            yield f"{name} in [parameters] is not used: it {what}"
    if rule.technique and not ATLAS.fullmatch(rule.technique):
        yield f"technique {rule.technique!r} is no MITRE ATLAS id such as AML.T0024"
    if rule.match and not (rule.examples.hits and rule.examples.misses):
        yield "no examples: give an event that it must find in [[examples.hits]], and one it must not in misses"
    if calibrated and rule.calibration:
        yield f"[calibration] is not used: {rule.detector} has a p of its own"
    kept = [name for name, text in TEXTS.items() if getattr(rule, name) == text]
    if kept:
        yield f"{', '.join(kept)}: still what `rules new` wrote; say it in your words"


def _rate(rule: Rule) -> Iterator[str]:
    """Of a detector that only says yes or no, in a rule that may rise."""
    how = "this never rises above suspected until `mirqab rules calibrate` has measured"
    if rule.calibration is None:
        yield f"{_judged_by(rule)} has no error rate of its own, so {how} one"
    elif rule.calibration.of != decisive(rule):
        yield f"[calibration] is of other numbers than the rule has now, so {how} it again"
    if rule.level == PAGE:
        yield f"{_judged_by(rule)} has no error rate of its own, so it never pages; its highest level is ticket"


def _judged_by(rule: Rule) -> str:
    return "a count of events" if rule.per else rule.detector
