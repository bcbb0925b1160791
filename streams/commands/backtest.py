"""Stored time through other rules: what would have been paged, beside what was. It changes nothing.

The stored minutes are judged again from the first one with the baselines that were recorded, as `replay --stored` does.
--since and --until only say what is counted. An alert counts once, at its highest level, in the week it reached it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitors.tally import Count, Told, highest, side_by_side, totals
from schemas.alerts import LEVELS, PAGE
from schemas.errors import UsageError
from schemas.rules import Rule
from schemas.settings import Settings
from streams.opened import opened
from streams.rulefiles import sound_rules
from streams.stored import Span, judged_again, moment, span, told_of, told_then
from streams.terminal import Progress, grid, iso, moment_of, plain

HELP = "stored time through other rules: what would have been paged, beside what was"
HEADS = ("week of", "rule", "level", "would", "was")


@dataclass(frozen=True, slots=True)
class Found:
    """Alerts by id, each at its highest level: under the other rules, and as recorded."""

    time: Span
    would: Mapping[str, Told]
    was: Mapping[str, Told]

    @property
    def counts(self) -> list[Count]:
        return side_by_side(self.would, self.was)

    def pages(self) -> list[tuple[Told, bool, bool]]:
        """Every alert that was a page on one side, with whether it would be one and whether it was."""
        would, was = ({id: t for id, t in side.items() if t.level == PAGE} for side in (self.would, self.was))
        both = {**was, **would}
        return [(t, t.id in would, t.id in was) for t in sorted(both.values(), key=lambda t: (t.at_ns, t.id))]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rules", metavar="DIR", required=True, help="folder of the other rules")
    parser.add_argument("--since", metavar="DATE", help="count from this time on (ISO 8601 or seconds; UTC)")
    parser.add_argument("--until", metavar="DATE", help="count what came before this time")


def run(args: argparse.Namespace, settings: Settings) -> int:
    rules = sound_rules(Path(args.rules))
    since = moment(args.since, "--since") if args.since else None
    until = moment(args.until, "--until") if args.until else None
    if since is not None and until is not None and since >= until:
        raise UsageError(f"--since {args.since} must lie before --until {args.until}")
    found = asyncio.run(_judge(settings, rules, since, until))
    print(json.dumps(_as_json(found)) if args.json else "\n".join(_lines(found, args.rules, len(rules))))
    return 0


async def _judge(settings: Settings, rules: tuple[Rule, ...], since: int | None, until: int | None) -> Found:
    progress = Progress("backtest")
    async with opened(settings) as store:
        stored = await span(store)
        if stored is None:
            raise UsageError(f"{store.where} holds no closed minute yet; a backtest needs stored time")
        time = stored.within(since or 0, until or stored.to_ns)
        if time is None:
            there = f"{moment_of(stored.from_ns)} to {moment_of(stored.to_ns)} UTC"
            raise UsageError(f"nothing is stored of the time asked for; stored is {there}")
        told = await judged_again(
            store, settings, rules, lambda at: progress.say(lambda: f"judging {moment_of(at)} again")
        )
        # A pane is judged at its end, which may be the end of the time.
        last = time.to_ns if until is not None and until <= stored.to_ns else 1 << 63
        would = highest(told_of(told), time.from_ns, last)
        return Found(time, would, highest(await told_then(store), time.from_ns, last))


def _lines(found: Found, folder: str, rules: int) -> Iterator[str]:
    time = found.time
    yield f"{time.days:.1f} stored days, {moment_of(time.from_ns)} to {moment_of(time.to_ns)} UTC"
    yield plain(f"would: {rules} rules of {folder}; was: as it was recorded")
    yield ""
    counts, sums = found.counts, totals(found.counts)
    if counts:
        rows: list[list[Any]] = [[moment_of(c.week_ns)[:10], *c[1:]] for c in counts]
        one_week = len({c.week_ns for c in counts}) == 1
        yield grid(HEADS, rows + ([] if one_week else [["all", *c[1:]] for c in sums]))
    for level in reversed(LEVELS):
        would, was = _sum(sums, level)
        yield f"{level}: would {would}{_weekly(would, time)}, was {was}{_weekly(was, time)}"
    for told, would_page, was_page in found.pages():
        mark = "as it was" if would_page and was_page else "new page" if would_page else "no longer"
        yield plain(f"{mark:<9}  {moment_of(told.at_ns)}  {told.rule}  {told.summary}")


def _sum(sums: Sequence[Count], level: str) -> tuple[int, int]:
    mine = [count for count in sums if count.level == level]
    return sum(count.would for count in mine), sum(count.was for count in mine)


def _weekly(alerts: int, time: Span) -> str:
    """A rate, where there are weeks enough to speak of one."""
    return f" ({alerts * 7 / time.days:.1f} a week)" if time.days >= 7 else ""


def _as_json(found: Found) -> dict[str, Any]:
    def plainly(count: Count) -> dict[str, Any]:
        return {"rule": count.rule, "level": count.level, "would": count.would, "was": count.was}

    counts = found.counts
    return {
        "from": iso(found.time.from_ns),
        "to": iso(found.time.to_ns),
        "weeks": [{"week": moment_of(count.week_ns)[:10], **plainly(count)} for count in counts],
        "totals": [plainly(count) for count in totals(counts)],
        "pages": [
            {"id": t.id, "rule": t.rule, "model": t.model, "at": iso(t.at_ns), "summary": t.summary}
            | {"would": would, "was": was}
            for t, would, was in found.pages()
        ],
    }
