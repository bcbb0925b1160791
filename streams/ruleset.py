"""Which rules are in force: the folder that settings name, else the shipped ones."""

from __future__ import annotations

from pathlib import Path

from schemas.rules import Rule, load_rules
from schemas.settings import Settings

SHIPPED = Path(__file__).parents[1] / "monitors" / "rules"


def read_rules(settings: Settings) -> tuple[Rule, ...]:
    """The rules, sorted by id. Raises RuleError that names the file and what is wrong with it."""
    return load_rules(Path(settings.judge.rules) if settings.judge.rules else SHIPPED)
