"""Runs the same line over log files: alerts to the terminal, or everything to a folder as JSON lines.

Files may be gzipped. Baselines are learnt from the first events, as a worker would, unless --baselines gives them. With
--stored no files are read: the stored minutes are judged again, which gives the alerts that were given then.

With --json the last and only line of stdout counts events, rejects, alerts and suspicions; it says in families how many
alerts of each reached which level, in found what each of them says, in rejected why records were, in notes what else
there is to know, and in files where everything was written. With --stored every transition is a line. Exit code 1 where
nothing could be read, be it that the files are empty.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from monitors.held import LIVELY, SLOW
from schemas.alerts import FAMILIES, LEVELS, Alert
from schemas.errors import UsageError
from schemas.settings import Settings
from streams.answered import Answered
from streams.baselinefile import read_baselines
from streams.formatoption import format_argument, of_format
from streams.meter import Meter
from streams.onefile import Assign, feeds, lines_of, partitions_of
from streams.pipeline import Feed, Line
from streams.ruleset import read_rules
from streams.sinks.json_lines import JsonLinesStore
from streams.sinks.nowhere import Nowhere
from streams.stored import moment, replay_stored
from streams.terminal import Progress, iso, plain

HELP = "run the line over log files, or over stored minutes, and show the alerts"

BLOCK_RECORDS = 128  # at most, in files: the fewer, the sooner a new baseline is in force
# Options that mean nothing otherwise; none has a default of its own, so that what was given can be told.
OF_FILES, OF_STORED = ("output", "baselines", "format", "topic", "partitions", "now", "log_id"), ("model", "until")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", metavar="FILE", help="log files, JSON lines; .gz is read as well")
    parser.add_argument(
        "--output", metavar="DIR", help="write events, readings, signals, alerts, … there as JSON lines"
    )
    parser.add_argument(
        "--baselines", metavar="FILE", help="baselines to judge by, as --output and `baseline set --output` write them"
    )
    format_argument(parser)
    parser.add_argument("--topic", help="topic the records are taken to come from; default: the file's name")
    parser.add_argument("--partitions", type=int, help="spread records by model as `send` does (default 1)")
    parser.add_argument(
        "--now", metavar="TIME", help="records ahead of this time are not judged (ISO 8601 or seconds; default: now)"
    )
    parser.add_argument("--log-id", help="log id of the records (default: file)")
    parser.add_argument("--stored", action="store_true", help="judge the stored minutes again instead of reading files")
    parser.add_argument("--model", help="with --stored: only this model's alerts")
    parser.add_argument("--until", help="with --stored: stop at this time (ISO 8601 or seconds)")


def run(args: argparse.Namespace, settings: Settings) -> int:
    if args.stored == bool(args.files):
        raise UsageError("give log files to replay, or --stored to judge the stored minutes again")
    for name in OF_FILES if args.stored else OF_STORED:
        if getattr(args, name) is not None:
            option = name.replace("_", "-")
            raise UsageError(f"--{option} goes with {'log files' if args.stored else '--stored'} only; leave it out")
    return asyncio.run(_stored(args, settings) if args.stored else _files(args, settings))


async def _files(args: argparse.Namespace, settings: Settings) -> int:
    paths = [Path(name) for name in args.files]
    for path in paths:
        if not path.is_file():
            what = "is a folder; name the files in it" if path.is_dir() else "no such file"
            raise UsageError(f"{path}: {what}")
    partitions_wanted = 1 if args.partitions is None else args.partitions
    if partitions_wanted < 1:
        raise UsageError(f"--partitions must be at least 1, not {partitions_wanted}")
    settings = of_format(args, settings)
    rules = read_rules(settings)
    given = read_baselines(Path(args.baselines)) if args.baselines else []
    now_ns = time.time_ns() if args.now is None else moment(args.now, "--now")
    log_id = "file" if args.log_id is None else args.log_id
    assign = Assign(log_id, args.topic, partitions_wanted, now_ns, format=settings.format)
    partitions = partitions_of(paths, assign)
    store = JsonLinesStore(args.output) if args.output else Nowhere()
    last: dict[str, Alert] = {}

    def told(alert: Alert) -> None:
        last[alert.id] = alert
        if not args.json:
            print(line_of(alert), flush=True)

    # A baseline is in force from the block after the one that completed it, and a file may be short.
    size = min(settings.line.block_records, BLOCK_RECORDS)
    settings = settings.replace("line", block_records=size)
    line = Line(settings, rules, store, clock=lambda: now_ns, told=told)
    for baseline in given:
        line.baselines.add(baseline)
    answered = line.meter.answered = Answered()
    meter = await line.run(_watched(feeds(paths, assign, size), line.meter), partitions)
    await store.close()
    counts, notes = _counts(meter, last), _notes(settings, line.baselines.snapshot(), meter, answered)
    lines = lines_of(meter.rejected.first, paths, assign) if meter.rejects else {}
    print(", ".join(_counted(value, name) for name, value in counts.items()), file=sys.stderr)
    if meter.rejects:
        print(plain(f"rejected: {meter.rejected.told(lines)}"), file=sys.stderr)
    for sentence in notes:
        print(plain(sentence), file=sys.stderr)
    if args.json:
        said = {"rejected": meter.rejected.ranked(lines), "notes": notes, "found": _found(last.values())}
        files = store.files if isinstance(store, JsonLinesStore) else {}
        print(json.dumps({**counts, "families": _kinds(last.values()), **said, "files": files}))
    return 0 if meter.events or meter.labels else 1


def _watched(records: Iterable[Feed], meter: Meter) -> Iterator[Feed]:
    """The same, saying on stderr how far it is."""
    progress = Progress("replay")
    for feed in records:
        yield feed
        progress.say(lambda: f"{meter.events:,} events, {meter.rejects:,} rejects")


def line_of(alert: Alert) -> str:
    """One alert transition as a line for a terminal."""
    last = alert.transitions[-1]
    at = time.strftime("%Y-%m-%d %H:%M", time.gmtime(last.at_ns / 1e9))
    return plain(f"{at}  {last.level:9}  {alert.id}  {alert.summary}  [{last.reason}]")


def not_enough(settings: Settings) -> str:
    """Why no alert says nothing here, although there are baselines."""
    why = f"no model had {LIVELY} events in a pane of {settings.line.pane_minutes} minutes, or {SLOW} in several"
    return f"not enough data: nothing was compared with a baseline, so no alert does not mean all is well; {why}"


def _counts(meter: Meter, alerts: dict[str, Alert]) -> dict[str, int]:
    opened = sum(alert.opened_ns is not None for alert in alerts.values())
    return {"events": meter.events, "rejects": meter.rejects, "alerts": opened, "suspected": len(alerts) - opened}


def _counted(n: int, name: str) -> str:
    return f"{n:,} {name.removesuffix('s') if n == 1 else name}"


def _kinds(alerts: Iterable[Alert]) -> dict[str, dict[str, int]]:
    """How many alerts of each family reached which level at most."""
    found = Counter((alert.family, alert.level) for alert in alerts)
    return {
        family: {level: found[family, level] for level in LEVELS}
        for family in FAMILIES
        if any(found[family, level] for level in LEVELS)
    }


def _found(alerts: Iterable[Alert]) -> list[dict[str, Any]]:
    """Every alert as it stands at the end, in the order of its first evidence."""
    return [_transition(alert) for alert in sorted(alerts, key=lambda alert: (alert.first_seen_ns, alert.id))]


def _notes(settings: Settings, known: Collection[tuple[str, str]], meter: Meter, answered: Answered) -> list[str]:
    """What a person must know to read the counts rightly."""
    notes = list(meter.recognised.sentences())
    if meter.future:
        text = "lie ahead of the clock and were not judged; --now sets the clock of a simulated log"
        notes.append(f"{meter.future:,} events {text}")
    if answered.scored and not meter.compared:
        notes.append(not_enough(settings))
    notes += answered.sentences(settings, known)
    if meter.events == 0 and meter.labels:
        notes.append(f"no events were read, only {meter.labels:,} labels; they are judged beside what they are of")
    elif meter.events == 0:
        why = "; is it another format? --format auto tells" if meter.rejects else ": the file is empty"
        notes.append("no event could be read" + why)
    return notes


async def _stored(args: argparse.Namespace, settings: Settings) -> int:
    alerts = await replay_stored(settings, read_rules(settings), args.model, args.until)
    for alert in alerts:
        print(json.dumps(_transition(alert)) if args.json else line_of(alert))
    print(f"{len({a.id for a in alerts})} alerts, {len(alerts)} transitions", file=sys.stderr)
    return 0


def _transition(alert: Alert) -> dict[str, Any]:
    """The last transition of an alert, for programs."""
    last = alert.transitions[-1]
    about = {name: getattr(alert, name) for name in ("id", "rule", "family", "level", "state")}
    what = {"model": alert.series.model, "version": alert.series.version, "at": iso(last.at_ns), "reason": last.reason}
    return {**about, **what, "summary": alert.summary, "line": line_of(alert)}
