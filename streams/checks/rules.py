"""The rules in force, read as the worker reads them."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.settings import Settings
from streams.checks import FAILED, OK, Finding
from streams.ruleset import read_rules


def check(settings: Settings, config: str | None) -> Iterator[Finding]:
    """A rule that cannot be read would keep the worker from starting; a folder without rules watches nothing."""
    rules = read_rules(settings)
    where = settings.judge.rules or "the shipped ones"
    if rules:
        yield Finding("rules", OK, f"{len(rules)} rules, {where}")
    else:
        yield Finding("rules", FAILED, f"no rules in {where}, so nothing would be judged", "put judge.rules right")
