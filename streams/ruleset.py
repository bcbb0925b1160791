"""Which rules are in force: the folder that settings name, else the shipped ones; and those that are added to them."""

from __future__ import annotations

from pathlib import Path

from monitors.rulecheck import check_rule
from schemas.errors import RuleError
from schemas.rules import Rule, load_rule
from schemas.settings import Settings
from streams.sigmarules import ENDINGS, load_sigma

SHIPPED = Path(__file__).parents[1] / "monitors" / "rules"


def rule_files(folder: Path) -> list[Path]:
    """The rule files of a folder, TOML and Sigma, sorted."""
    return sorted(path for ending in (".toml", *ENDINGS) for path in folder.glob(f"*{ending}"))


def read_rule(path: Path) -> Rule:
    """One rule file of either kind. Raises RuleError that names the file and what is wrong with it."""
    return load_sigma(path) if path.suffix in ENDINGS else load_rule(path)


def packs() -> list[str]:
    """The shipped packs that may be added."""
    return sorted(path.name for path in SHIPPED.iterdir() if path.is_dir() and rule_files(path))


def read_rules(settings: Settings) -> tuple[Rule, ...]:
    """The rules, sorted by id. Raises RuleError that names the file and what is wrong with it."""
    folders = [Path(settings.judge.rules) if settings.judge.rules else SHIPPED]
    folders += [SHIPPED / name if name in packs() else Path(name) for name in settings.judge.more_rules]
    found: dict[str, Rule] = {}
    for folder in folders:
        files = rule_files(folder)
        if not files:
            known = f"; shipped packs: {', '.join(packs())}" if folder is not folders[0] else ""
            raise RuleError(f"{folder}: no rule files (*.toml, or Sigma's *.yml) here{known}")
        for path in files:
            rule = read_rule(path)
            for fault in check_rule(rule).errors:
                raise RuleError(f"{path}: {fault}")
            if rule.id in found:
                raise RuleError(f"{path}: there is another rule with the id {rule.id!r}")
            found[rule.id] = rule
    return tuple(found[id] for id in sorted(found))
