"""A rule that only says yes or no, judged over healthy stored days, and what that gave written into its file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from monitors.limits import Limits
from monitors.nullrate import Counted, pays
from monitors.nullreplay import free
from monitors.purse import Purse
from monitors.realised import Realised
from schemas.alerts import SUSPECTED
from schemas.calibration import Calibration
from schemas.counts import asked
from schemas.errors import UsageError
from schemas.rules import Rule
from schemas.settings import Settings
from streams import rating
from streams.known import Baselines
from streams.store import Store

SECTION = "[calibration]"
COMMENT = "# Measured by `mirqab rules calibrate`; it counts for this rule as it stands, from `since` on."


def check(rule: Rule) -> None:
    """Raises UsageError where there is nothing to measure."""
    if pays(rule):
        raise UsageError(f"{rule.id}: {rule.detector} has a p of its own, so there is nothing to calibrate")
    if rule.level == SUSPECTED:
        raise UsageError(f'{rule.id}: its level is "suspected", so it opens no ticket; write level = "ticket" first')


async def measure(
    store: Store,
    settings: Settings,
    rule: Rule,
    *,
    since_ns: int,
    weeks: int,
    seed: int,
    seen: Callable[[str, int], None],
) -> list[Realised]:
    """The rule's false tickets in weeks drawn from the healthy days of each model that has enough of them.

    A rule that counts by principal is measured on days on which it was in force: on others nobody was counted for it.
    """
    baselines, found = Baselines(), []
    await baselines.read(store)
    alone = (free(rule, settings.line.pane_minutes),)
    for model in await rating.models(store):

        def told(week: int, model: str = model) -> None:
            seen(model, week)

        one = await rating.rate(
            store,
            settings,
            alone,
            baselines,
            model,
            since_ns=since_ns,
            weeks=weeks,
            seed=seed,
            seen=told,
            counted=asked(rule.id) if rule.per else "",
        )
        if one is not None:
            found.append(one)
    return found


def budgeted(settings: Settings, rules: tuple[Rule, ...]) -> float:
    """False tickets a week that one model may give by each of these rules that has a calibration."""
    limits = Limits.of(settings, settings.kafka.partitions)
    purse = Purse(limits.tickets_per_week, limits.pages_per_month, limits.slots, limits.pane_minutes, budgeted=True)
    purse.sharers = len(Counted(rules, limits.pane_minutes).known)
    return purse.counted()


def write(path: Path, found: Calibration) -> None:
    """Put the section into the rule's file in place of the one that was there. Raises UsageError.

    The file is replaced as a whole, so that whoever reads it, or a kill, never meets half a rule.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        kept = [*_without(path.read_text(encoding="utf-8").splitlines()), "", COMMENT, SECTION]
        for name in found.__struct_fields__:
            value = getattr(found, name)
            text = value.isoformat() if name == "since" else f'"{value}"' if isinstance(value, str) else str(value)
            kept.append(f"{name} = {text}")
        new.write_text("\n".join(kept) + "\n", encoding="utf-8")
        shutil.copymode(path, new)
        new.replace(path)
    except OSError as e:
        new.unlink(missing_ok=True)
        raise UsageError(f"cannot write {path}: {e.strerror}; copy the rule into a folder of yours") from e


def _without(lines: list[str]) -> list[str]:
    """The file without the section, and without empty lines at its end."""
    kept, inside = [], False
    for line in lines:
        if line.lstrip().startswith("["):
            inside = line.strip() == SECTION
        if not inside and line != COMMENT:
            kept.append(line)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept
