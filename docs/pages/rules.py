"""Every shipped rule."""

from __future__ import annotations

import json
from collections.abc import Iterator

from docs.markdown import cell, code, document, grid
from schemas.rules import Rule, load_rules
from streams.ruleset import SHIPPED, packs


def shipped_rules() -> list[tuple[Rule, str]]:
    """The shipped rules, each with the pack that it belongs to; those of none first."""
    folders = [("", SHIPPED), *((pack, SHIPPED / pack) for pack in packs())]
    return [(rule, pack) for pack, folder in folders for rule in load_rules(folder)]


def page() -> str:
    """Every shipped rule."""

    def lines() -> Iterator[str]:
        for rule, pack in shipped_rules():
            yield from (f"## {rule.id}", "", f"**{rule.title}.** {rule.meaning}", "")
            parameters = "".join(f" {key} = {json.dumps(value)}" for key, value in rule.parameters.items())
            (k, n), per = rule.open, rule.per
            rows = [
                *([("pack", code(pack))] if pack else []),
                ("family", rule.family),
                ("level at most", rule.level),
                ("watches", code(rule.metric)),
                ("detector", f"[{rule.detector}](detectors.md#{rule.detector}){parameters}"),
                ("needs", f"n ≥ {rule.min_n}, effect ≥ {rule.min_effect:g}"),
                ("opens after", f"{k} breaches in {n} panes"),
                ("resolves after", f"{rule.close} quiet panes"),
                *([("looks for", code(json.dumps(rule.match, ensure_ascii=False)))] if rule.match else []),
                *([("counts", f"{per.count} by one {per.by} in {per.minutes} minutes")] if per else []),
                ("technique", rule.technique or "–"),
                ("false positives", rule.false_positives),
                ("gaps", rule.gaps),
                ("triage", rule.triage),
                ("runbook", rule.runbook),
            ]
            yield from grid(("", ""), ((key, cell(value)) for key, value in rows))

    about = (
        "The files of `monitors/rules`. `judge.rules` names another folder to use instead, `judge.more_rules` packs "
        "and folders to use beside; a hash is on every alert. Rules of a pack are in force only where it is named."
    )
    return document("Rules", about, lines())
