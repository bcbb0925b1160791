"""A new rule to be filled in: every field with a line that says what belongs there. It writes text, no file."""

from __future__ import annotations

import json
from inspect import Parameter

from monitors.detectors import accepted, kind, names, own, remembers
from monitors.readings import metrics
from schemas.alerts import FAMILIES, SUSPECTED, TICKET
from schemas.errors import RuleError, unknown
from schemas.rules import COUNTS, MATCHES

FAMILY = {"anomaly": "anomaly", "errors": "fault", "latency": "fault", "volume": "blindness", "principal": "blindness"}
TEXTS = {
    "title": "Say what is wrong in a few words; the alert adds the feature and the model",
    "meaning": "Say what it means when this fires, to somebody who does not know the rule.",
    "false_positives": "Say when it fires although nothing is wrong.",
    "gaps": "Say what it does not see.",
    "triage": "Say what to look at first, and what would make it harmless.",
    "runbook": "Say what to do, in steps: 1. … 2. …",
}
HEAD = """# A rule of Mirqab. `mirqab rules check` says what is wrong with it, and how often it would have fired.
# It is in force when its folder is named in judge.rules, which then replaces the shipped rules.

# The file's name without .toml; it is part of every alert's id, so it should not change.
id = {id}
title = {title}
# One of {families}.
family = {family}
# The highest level it may reach: suspected, ticket or page. {level_note}
level = {level}
# The reading it watches; one rule watches every series of it (each model, feature or client).
metric = {metric}
# What judges the reading: {detectors}, or a class of River.
detector = {detector}
# Fewest events, and smallest effect in the metric's own unit, at which it may fire. {gate_note}
min_n = 100
min_effect = {effect}
# Breaches in k of the last n panes open a ticket; so many quiet panes in a row end it.
open = [2, 3]
close = 3
# One alert for all features of a model that breach, named after the strongest; for detectors that remember nothing.
together = {together}
# Judged over half an hour to an hour instead of panes: smaller changes, and none on the first day of a baseline.
hourly = false
# Whether p-values are scaled by what is usual for the model at that hour.
usual = true
# MITRE ATLAS technique and your own control ids, if there are any.
technique = ""
controls = []
"""


LOOKED_FOR = """
# What it looks for in single events (docs/match-rules.md): every entry must hold.
[match]
status = ["403", "AccessDenied*"]

# Events that it must find, and must not; `mirqab rules check` tries them.
[[examples.hits]]
status = "403"

[[examples.misses]]
status = "200"
"""

PER = """
# How many of them `by` one principal, or in one session of it, within so many minutes are too many.
[per]
by = "principal"
count = 20
minutes = 60
"""


def default_detector(metric: str) -> str:
    """Judged by its own p-value where it has one, else by whether it rises, which can only suspect but does so soon."""
    if metric in (MATCHES, COUNTS):
        return "matched"
    return "significant" if metrics()[metric] else "page_hinkley"


def skeleton(id: str, metric: str, detector: str | None = None) -> str:
    """The text of the rule's file. Raises RuleError that names the nearest known metric or detector."""
    if metric not in metrics():
        raise RuleError(unknown("metric", metric, metrics()))
    name = detector or default_detector(metric)
    calibrated = kind(name).calibrated and metric != COUNTS
    who = "A count" if metric == COUNTS else name
    head = HEAD.format(
        id=_toml(id),
        title=_toml(TEXTS["title"]),
        families=", ".join(FAMILIES),
        family=_toml(FAMILY.get(metric.split(".")[0], "drift")),
        level=_toml(TICKET if calibrated else SUSPECTED),
        level_note=""
        if calibrated
        else f"{who} only suspects until `mirqab rules calibrate` has measured its error rate.",
        metric=_toml(metric),
        detectors=", ".join(names()),
        detector=_toml(name),
        gate_note=_gate_note(name, calibrated),
        together=_toml(metric.startswith("feature.") and not remembers(name)),
        effect="0.1" if calibrated and metric.endswith("psi") else "0.0",
    )
    texts = "".join(f"{key} = {_toml(text)}\n" for key, text in TEXTS.items() if key != "title")
    said = "\n".join(line.rstrip() for line in head.splitlines())
    more = {MATCHES: LOOKED_FOR, COUNTS: PER + LOOKED_FOR}.get(metric, "")
    for_people = f"# For the person who is called; every one is shown with the alert.\n{texts}"
    return f"{said}\n\n{for_people}{_parameters(name)}{more}"


def _parameters(detector: str) -> str:
    """The detector's own parameters with their defaults, commented out."""
    defaults = {key: parameter.default for key, parameter in accepted(detector).items()}
    lines = [
        f"# {key} = {_toml(default)}"
        for key, default in own(detector, defaults).items()
        if default is not Parameter.empty and default is not None
    ]
    if not lines:
        return ""
    return "\n".join(["", f"# Parameters of {detector}; these are the defaults.", "[parameters]", *lines]) + "\n"


def _gate_note(detector: str, calibrated: bool) -> str:
    if calibrated:
        return ""
    its_own = "; it has a min_effect of its own below" if "min_effect" in accepted(detector) else ""
    return f"Not asked for here{its_own}."


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
