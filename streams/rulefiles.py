"""Rule files looked over one by one, and how often their rules would have fired in stored time.

Every fault of every file is reported, not only the first. A rule with faults is left out of the counting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitors.rulecheck import check_rule
from monitors.tally import highest
from schemas.alerts import LEVELS
from schemas.errors import RuleError, UsageError
from schemas.rules import Rule
from schemas.settings import Settings
from streams.ruleset import read_rule, read_rules, rule_files
from streams.store import Store
from streams.stored import Span, judged_again, span, told_of


@dataclass(slots=True)
class Checked:
    """One file. `rule` is None where it could not be read; `fired` is alerts by highest level, None if not counted."""

    file: Path
    rule: Rule | None = None
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    fired: dict[str, int] | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "file": str(self.file),
            "id": None if self.rule is None else self.rule.id,
            "errors": self.errors,
            "warnings": self.warnings,
            "fired": self.fired,
        }


def check_files(path: Path) -> list[Checked]:
    """A file, or every rule file of a folder. Raises UsageError where there is none."""
    files = rule_files(path) if path.is_dir() else [path]
    if not files:
        raise UsageError(f"{path}: no rule files (*.toml, or Sigma's *.yml) here")
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder")
    return [check_file(file) for file in files]


def check_file(file: Path) -> Checked:
    """Look one file over."""
    try:
        rule = read_rule(file)
    except RuleError as e:
        return Checked(file, errors=[str(e).removeprefix(f"{file}: ")])
    found = check_rule(rule)
    return Checked(file, rule, list(found.errors), list(found.warnings))


def sound_rules(folder: Path) -> tuple[Rule, ...]:
    """The rules of a folder. Raises RuleError that names the first file with a fault, and the fault."""
    checked = check_files(folder)
    for each in checked:
        if each.errors:
            raise RuleError(f"{each.file}: {each.errors[0]}")
    return tuple(each.rule for each in checked if each.rule is not None)


def in_force_with(settings: Settings, checked: list[Checked], folder: bool) -> tuple[Rule, ...]:
    """The rules to count with: a folder's own; a single file joins or replaces those in force.

    All of them, because they share one error budget: a rule alone would fire more often.
    """
    good = {each.rule.id: each.rule for each in checked if each.rule is not None and not each.errors}
    others = {} if folder else {rule.id: rule for rule in read_rules(settings)}
    return tuple(sorted({**others, **good}.values(), key=lambda rule: rule.id))


async def count_fired(
    store: Store, settings: Settings, rules: tuple[Rule, ...], checked: list[Checked], seen: Callable[[int], None]
) -> Span | None:
    """Fill in `fired` from the stored time, which is returned; None, and nothing filled in, while nothing is stored.

    What a `match` rule looks for is counted as events come, so stored time knows of it only for those in force.
    """
    stored = await span(store)
    if stored is None:
        return None
    alerts = told_of(await judged_again(store, settings, rules, seen))
    counts = Counter((told.rule, told.level) for told in highest(alerts, 0, 1 << 63).values())
    looked_for = [(rule.match, rule.per) for rule in read_rules(settings)]
    for each in checked:
        if each.rule is None or each.errors:
            continue
        if each.rule.match and (each.rule.match, each.rule.per) not in looked_for:
            each.warnings.append("not counted in stored time: nobody looked for its events then; put it in force first")
        else:
            each.fired = {level: counts[each.rule.id, level] for level in LEVELS}
    return stored
