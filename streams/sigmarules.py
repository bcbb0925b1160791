"""Sigma rules over our events: a file becomes a `Rule` with `match`, or is refused with the reason.

Supported: `logsource` with category `inference`; fields of `schemas.conditions`; texts with wildcards, `contains`,
`startswith`, `endswith`, `all`, numbers, `gt`, `gte`, `lt`, `lte`, `cidr` (of source_ip), `exists`, null, encodings
that pySigma spells out (base64, wide, windash); `and`, `or`, `not`, `1 of`, `all of`; beside the rule in the same file
one correlation rule of type `event_count` over it, grouped by `principal` or `session`. Refused: regular expressions
(they could stop the line), keywords without a field, `cased`, `fieldref`, placeholders, several conditions, timeframes,
every other correlation, any other field or log source.

What it opens is judged like every other rule: by the share of matching events with its p, from the error budget; while
the baseline is older than the rule there is no p, and it stays suspected, as a count by principal does until it is
calibrated. Needs `pip install 'mirqab[sigma]'`.
Source: https://sigmahq.io/docs/ and the pySigma library.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from schemas.alerts import PAGE, SUSPECTED, TICKET
from schemas.conditions import FIELDS, NUMBER, condition
from schemas.errors import RuleError, unknown
from schemas.rules import COUNTS, LONGEST, MATCHES, SHORTEST, Per, Rule

ENDINGS = (".yml", ".yaml")
LEVELS = {"informational": SUSPECTED, "low": SUSPECTED, "medium": TICKET, "high": TICKET, "critical": PAGE}
COMPARE = {"LT": "below", "LTE": "max", "GT": "above", "GTE": "min"}
ATLAS = re.compile(r"(?:aml\.)?t(\d{4}(?:\.\d{3})?)", re.IGNORECASE)


def load_sigma(path: Path) -> Rule:
    """One file with one rule, perhaps counted by a correlation.

    Raises RuleError that names the file and says what is not supported or wrong.
    """
    try:
        from sigma.collection import SigmaCollection
        from sigma.correlations import SigmaCorrelationRule
        from sigma.exceptions import SigmaError
    except ImportError as e:
        raise RuleError(f"{path}: Sigma rules need pySigma: pip install 'mirqab[sigma]'") from e
    import yaml

    try:
        found = SigmaCollection.from_yaml(path.read_text(encoding="utf-8")).rules
        single = [one for one in found if not isinstance(one, SigmaCorrelationRule)]
        over = [one for one in found if isinstance(one, SigmaCorrelationRule)]
        if len(single) != 1 or len(over) > 1:
            raise RuleError(f"{path}: holds {len(found)} rules; one is wanted, and one correlation over it at most")
        return _rule(path, single[0], *over)
    except (OSError, UnicodeDecodeError) as e:
        raise RuleError(f"{path}: cannot be read: {e}") from e
    except (SigmaError, yaml.YAMLError, RecursionError) as e:
        raise RuleError(f"{path}: not a Sigma rule: {e}") from e


def _rule(path: Path, sigma: Any, over: Any = None) -> Rule:
    def refuse(text: str) -> RuleError:
        return RuleError(f"{path}: {text}")

    if sigma.logsource.category != "inference":
        raise refuse(f"logsource.category is {sigma.logsource.category!r}; only 'inference' has our events")
    if "timeframe" in (sigma.custom_attributes or {}) or getattr(sigma.detection, "timeframe", None):
        raise refuse("timeframe is not supported: a rule looks at single events")
    if len(sigma.detection.parsed_condition) != 1:
        raise refuse("several conditions are not supported; join them with or")
    match = _match(sigma.detection.parsed_condition[0].parse(), refuse)
    try:
        condition(match)
    except RuleError as e:
        raise refuse(str(e)) from e
    per = None if over is None else _per(over, refuse)
    sigma = over or sigma
    said = (sigma.description or sigma.title).strip()
    false = ", ".join(sigma.falsepositives or ()) or "The rule's author names none."
    techniques = [ATLAS.fullmatch(tag.name) for tag in sigma.tags if tag.namespace == "atlas"]
    more = f"{per.count} events within {per.minutes} minutes from one {per.by}" if per else "More events than usual"
    return Rule(
        id="sigma_" + re.sub(r"[^a-z0-9]+", "_", path.stem.lower()).strip("_")[:56],
        title=sigma.title,
        family="text" if "prompt" in str(match) or "asked" in str(match) else "abuse",
        level=LEVELS[sigma.level.name.lower()] if sigma.level else TICKET,
        metric=COUNTS if per else MATCHES,
        detector="matched",
        min_n=20,
        match=match,
        per=per,
        technique=next((f"AML.T{found[1]}" for found in techniques if found), ""),
        meaning=f"{more} match the Sigma rule {sigma.title!r}: {said}",
        false_positives=false,
        gaps="What the Sigma rule does not look for; a single match where some are usual.",
        triage="Which principals sent the matching events, and were they answered?",
        runbook="See the rule's references: " + (", ".join(sigma.references or ()) or "its author gives none."),
    )


def _per(over: Any, refuse: Callable[[str], RuleError]) -> Per:
    """A correlation as a count by principal or session."""
    kind, op = over.type.name.lower(), over.condition.op.name
    if kind != "event_count":
        raise refuse(f"correlation: {kind} is not supported; event_count is")
    by = {("principal",): "principal", ("session",): "session", ("principal", "session"): "session"}.get(
        tuple(sorted(over.group_by or ()))
    )
    if by is None or over.aliases.aliases:
        raise refuse(f"correlation: group-by is {over.group_by!r}; only principal or session is supported, no aliases")
    if op not in ("GT", "GTE") or over.generate:
        raise refuse("correlation: only a condition of gt or gte is supported, and no generate")
    count = over.condition.count + (op == "GT")
    if count < 2:
        raise refuse("correlation: the condition must ask for two events or more")
    minutes, rest = divmod(over.timespan.seconds, 60)
    if rest or not SHORTEST <= minutes <= LONGEST:
        raise refuse(f"correlation: timespan {over.timespan.spec} is not supported; {SHORTEST}m to a week is")
    return Per(count=count, minutes=minutes, by=by)


def _match(node: Any, refuse: Callable[[str], RuleError]) -> dict[str, Any]:
    kind = type(node).__name__
    if kind in ("ConditionAND", "ConditionOR"):
        return {"all" if kind == "ConditionAND" else "any": [_match(one, refuse) for one in node.args]}
    if kind == "ConditionNOT":
        return {"not": _match(node.args[0], refuse)}
    if kind == "ConditionFieldEqualsValueExpression":
        if node.field not in FIELDS:
            raise refuse(unknown("field", node.field, FIELDS))
        return _field(node.field, node.value, refuse)
    raise refuse("keywords without a field are not supported; name the field, such as prompt|contains")


def _field(name: str, value: Any, refuse: Callable[[str], RuleError]) -> dict[str, Any]:
    kind = type(value).__name__
    if kind == "SigmaExpansion":
        return {"any": [_field(name, one, refuse) for one in value.values]}
    if kind == "SigmaString":
        return {name: _glob(name, value, refuse)}
    if kind == "SigmaNumber":
        return {name: value.number if FIELDS[name] == NUMBER else str(value.number)}
    if kind == "SigmaBool":
        return {name: bool(value)}
    if kind == "SigmaNull":
        return {name: {"present": False}}
    if kind == "SigmaExists":
        return {name: {"present": bool(value)}}
    if kind == "SigmaCIDRExpression":
        return {name: {"cidr": value.cidr}}
    if kind == "SigmaCompareExpression" and value.op.name in COMPARE:
        return {name: {COMPARE[value.op.name]: value.number.number}}
    said = {"SigmaRegularExpression": "regular expressions", "SigmaCasedString": "the modifier cased"}.get(kind, kind)
    raise refuse(f"{name}: {said} are not supported" if said.endswith("s") else f"{name}: {said} is not supported")


def _glob(name: str, value: Any, refuse: Callable[[str], RuleError]) -> str:
    from sigma.types import SpecialChars

    signs = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}
    parts = []
    for part in value.s:
        if isinstance(part, str) and ("*" in part or "?" in part):
            raise refuse(f"{name}: an escaped * or ? is not supported; write ? for it")
        if not isinstance(part, str) and part not in signs:
            raise refuse(f"{name}: placeholders are not supported")
        parts.append(part if isinstance(part, str) else signs[part])
    return "".join(parts)
