"""A `Rule`: which reading, which detector, how much data, how big an effect, and what it means to a person.

Rules are TOML files in `monitors/rules/` (shipped) or a folder of the user's. An unknown key is an error that names
the nearest known one. `hash_rules` is stored on every alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from schemas.alerts import FAMILIES, LEVELS
from schemas.calibration import Calibration
from schemas.conditions import condition
from schemas.errors import RuleError, unknown
from schemas.tomlfile import NotToml, read_toml

MATCHES, COUNTS = "match.share", "match.count"  # of all events; of those of one principal
SENDERS = ("principal", "session")
SHORTEST, LONGEST = 5, 7 * 24 * 60  # minutes over which events of one principal are counted
# What decides when a rule fires; the rest is words, and the level it may reach.
DECIDES = (
    "metric", "detector", "parameters", "min_n", "min_effect", "open", "close", "together", "hourly", "usual", "match",
    "per",
)  # fmt: skip


class Examples(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Events, as plain records, that a rule with `match` must and must not match."""

    hits: tuple[dict[str, Any], ...] = ()
    misses: tuple[dict[str, Any], ...] = ()


class Per(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`count` matching events `by` one principal, or in one session of it, within so many `minutes`."""

    count: int
    minutes: int
    by: str = "principal"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule. `level` is the highest level it may reach; `open` and `close` are (k, n) and quiet panes."""

    id: str
    title: str
    family: str
    level: str
    metric: str  # a reading's metric; one rule watches every series of it
    detector: str  # a module of monitors/detectors, or a class of River
    parameters: dict[str, float | int | str | bool | list[Any] | dict[str, Any]] = {}
    min_n: int = 100
    min_effect: float = 0.0
    open: tuple[int, int] = (2, 3)
    close: int = 3
    together: bool = False  # one alert for all features of a model that breach, named after the strongest
    hourly: bool = False  # judged over up to an hour, once it is known what is usual in that (monitors/hourly.py)
    usual: bool = True  # its p-values are scaled by what is usual for the model (monitors/usual.py)
    match: dict[str, Any] = {}  # what it looks for in single events (schemas/conditions.py); its metric is match.*
    per: Per | None = None  # how many of them from one principal are too many; its metric is match.count
    examples: Examples = Examples()
    technique: str = ""
    controls: tuple[str, ...] = ()
    meaning: str
    false_positives: str
    gaps: str
    triage: str
    runbook: str
    calibration: Calibration | None = None  # written by `mirqab rules calibrate`


def load_rule(path: Path) -> Rule:
    """Read one rule file.

    Raises RuleError that names the file and everything that is wrong with it.
    """
    try:
        data = read_toml(path)
    except OSError as e:
        raise RuleError(f"{path}: cannot be read: {e.strerror}") from e
    except NotToml as e:
        raise RuleError(str(e)) from e
    wrong = [unknown("key", key, Rule.__struct_fields__) for key in data if key not in Rule.__struct_fields__]
    unreadable = list(_unreadable(data))
    if not unreadable:
        rule = msgspec.convert({key: data[key] for key in data if key in Rule.__struct_fields__}, Rule)
        wrong += _faults(rule, path.stem)
    if wrong or unreadable:
        raise RuleError(f"{path}: {'; '.join(wrong + unreadable)}")
    return rule


def _unreadable(data: Mapping[str, Any]) -> Iterator[str]:
    """What is missing or of another type."""
    for each in msgspec.structs.fields(Rule):
        if each.name in data:
            try:
                msgspec.convert(data[each.name], each.type)
            except msgspec.ValidationError as e:
                yield f"{each.name}: {e}"
        elif each.required:
            yield f"missing required field `{each.name}`"


def _faults(rule: Rule, stem: str) -> Iterator[str]:
    """What cannot be meant; `stem` is its file's name."""
    if rule.family not in FAMILIES:
        yield unknown("family", rule.family, FAMILIES)
    if rule.level not in LEVELS:
        yield unknown("level", rule.level, LEVELS)
    wanted = "" if not rule.match else COUNTS if rule.per else MATCHES
    if wanted != (rule.metric if rule.metric in (MATCHES, COUNTS) else "") or (rule.per and not rule.match):
        yield f"match and metric = {MATCHES!r} belong together, and match, per and metric = {COUNTS!r}"
    if rule.match:
        try:
            condition(rule.match)
        except RuleError as e:
            yield str(e)
    if rule.per is not None:
        yield from _of_per(rule.per)
    k, n = rule.open
    if not 1 <= k <= n:
        yield f"open = [{k}, {n}] must be [k, n] with 1 <= k <= n"
    if rule.id != stem:
        yield f"id {rule.id!r} must equal the file name {stem!r}"


def _of_per(per: Per) -> Iterator[str]:
    if per.by not in SENDERS:
        yield f"per: {unknown('by', per.by, SENDERS)}"
    if per.count < 2:
        yield f"per.count = {per.count} must be at least 2; for single events leave per out"
    if not SHORTEST <= per.minutes <= LONGEST:
        yield f"per.minutes = {per.minutes} must lie between {SHORTEST} and {LONGEST:,}, a week"


def load_rules(folder: Path) -> tuple[Rule, ...]:
    """All rules of a folder, sorted by id. Raises RuleError if there is none."""
    rules = tuple(load_rule(path) for path in sorted(folder.glob("*.toml")))
    if not rules:
        raise RuleError(f"{folder}: no rule files (*.toml) here")
    return rules


def hash_rules(rules: Iterable[Rule]) -> str:
    """Content hash of a rule set, in order of id."""
    ordered = sorted(rules, key=lambda rule: rule.id)
    return blake2b(b"\n".join(_content(rule) for rule in ordered), digest_size=8).hexdigest()


def _content(rule: Rule) -> bytes:
    """As JSON; a rule without calibration or `per` as before there were any, so that its hash stays."""
    fields = msgspec.structs.asdict(rule)
    return msgspec.json.encode({k: v for k, v in fields.items() if v or k not in ("calibration", "per")})


def decisive(rule: Rule) -> str:
    """Hash of what decides when a rule fires: two rules with the same one fire alike."""
    fields = [getattr(rule, name) for name in DECIDES if name != "per" or rule.per]
    return blake2b(msgspec.json.encode(fields, order="deterministic"), digest_size=8).hexdigest()
