"""How long a judge needs from its start to be where the stored closes end: two weeks of minutes, twenty models.

A day of one model is made by the real decoder and families, query signatures included, and copied to every day and
model by the store. Profiles are made by judging the day before the last midnight. Then every shard is rebuilt, as a
worker does it, in one thread, from those profiles and the closes since: `--after` 6 hours is the worst. One line.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from monitors.observe import Bounds, observe
from monitors.prepared import Prepared
from monitors.shard import Close
from monitors.week import DAY_NS, MONDAY_NS, WEEK_NS
from schemas.alerts import Alert
from schemas.baselines import Baseline
from schemas.events import MINUTE_NS
from schemas.formats.json_lines import decode
from schemas.settings import Settings
from schemas.summaries import Summary, SummaryKey
from schemas.tables import CLOSES, MINUTES, PRINCIPAL_MINUTES, PROFILES
from streams import judgerows
from streams.commands.worker import COLLECT_AFTER
from streams.judging import Judging
from streams.known import Baselines
from streams.meter import Meter
from streams.ruleset import read_rules
from streams.sinks.clickhouse import ClickHouseStore
from streams.wire import shard_of
from tests.support.bench import LIMITS, SOURCE, baselines, prepare, raw_events, rss_mb

MONDAY = MONDAY_NS + 2800 * WEEK_NS
MADE = 999  # the shard under which the one day is stored that the others are copied from
COPY = """
INSERT INTO {table} ({names})
SELECT {names} FROM (
    SELECT * REPLACE (
        '{model}' AS model, minute + toIntervalDay(day) AS minute, minute_ns + day * 86400000000000 AS minute_ns,
        '{baseline}' AS baseline, {shard} AS shard
    )
    FROM (SELECT * FROM {table} WHERE shard = {made}) ARRAY JOIN range({days}) AS day
)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=14, help="days of minutes")
    parser.add_argument("--after", type=float, default=6, help="hours from the last profile to the start, at most 6")
    parser.add_argument("--models", type=int, default=20, help="models, each with 20 features")
    parser.add_argument("--per-minute", type=int, default=30, help="events of a model in a minute")
    parser.add_argument("--principals", type=int, default=20, help="principals of a model")
    args = parser.parse_args()
    gc.set_threshold(COLLECT_AFTER)  # as the command does
    with tempfile.TemporaryDirectory(prefix="mirqab-bench-") as folder:
        asyncio.run(measure(args, Settings().replace("store", folder=folder)))
    return 0


async def measure(args: argparse.Namespace, settings: Settings) -> None:
    """Seed, make the profiles, rebuild."""
    given = baselines([f"m{i}" for i in range(args.models)])
    await prepare(settings, given)
    store = ClickHouseStore(settings.store)
    await store.connect()
    after = min(round(args.after * 60), 360) - 1
    await seed(store, settings, given, a_day(given[0], args), args.days, after)
    known = Baselines()
    await known.read(store)
    for judging in judges(store, settings, known):
        async for _, outcome in judging._replay(MONDAY - DAY_NS):
            if outcome.profiles and outcome.profiles[0].at_ns == MONDAY:
                await store.insert(PROFILES.name, judgerows.profile_rows(outcome.profiles, judging.number, 0))
                break
    replayed, begun, known = 0, time.perf_counter(), Baselines()
    await known.read(store)
    for judging in judges(store, settings, known):
        replayed += await judging.rebuild()
    seconds = time.perf_counter() - begun
    await store.close()
    panes = args.models * (after + 1) // settings.line.pane_minutes
    print(
        f"start days={args.days} models={args.models} after_hours={args.after:g} seconds={seconds:.1f} "
        f"closes={replayed} ms_a_pane={seconds / panes * 1000:.2f} rss_mb={rss_mb():.0f}"
    )


def judges(store: ClickHouseStore, settings: Settings, known: Baselines) -> Iterator[Judging]:
    """A judge of each shard, as a worker makes it."""
    for shard in range(settings.kafka.partitions):
        yield Judging(
            shard, settings, read_rules(settings), store, known, tell=nobody, floor=lambda offset: None, meter=Meter()
        )


def a_day(baseline: Baseline, args: argparse.Namespace) -> dict[int, Summary]:
    """The minutes of one day of a model by their number, scored."""
    events = raw_events(
        1442 * args.per_minute, models=["m0"], principals=args.principals, per_second=args.per_minute / 60
    )
    prepared = Prepared(baseline)
    batch = decode(events, SOURCE, LIMITS)
    bounds = Bounds.of(Settings())
    seen = observe(batch, np.zeros(len(batch), np.int64), 1, 0, lambda model, version, block: prepared, bounds)
    whole = list(seen.on_time[0].values())[1:1441]
    return dict(enumerate(whole))


async def seed(
    store: ClickHouseStore,
    settings: Settings,
    known: Sequence[Baseline],
    day: Mapping[int, Summary],
    days: int,
    after: int,
) -> None:
    """Closes of every shard and minutes of every model, for so many days, until so many minutes after a Monday."""
    first = MONDAY - max(1, days - 7) * DAY_NS
    key = SummaryKey("m0", "3", "", 0, known[0].id)
    made = [
        Close(0, 0, 0, 0, {}, {SummaryKey(*key[:3], first + i * MINUTE_NS, key.baseline): summary})
        for i, summary in day.items()
    ]
    for table, rows in (
        (MINUTES, judgerows.minute_rows(made, MADE, 0)),
        (PRINCIPAL_MINUTES, judgerows.principal_minute_rows(made, MADE, 0)),
    ):
        assert rows is not None
        await store.insert(table.name, rows)
        names = ", ".join(column.name for column in table.columns)
        for baseline in known:
            to = {"model": baseline.model, "shard": shard_of(baseline.model, settings.kafka.partitions)}
            sql = COPY.format(table=table.name, names=names, made=MADE, baseline=baseline.id, days=days, **to)
            await store.command(sql)
    for shard in range(settings.kafka.partitions):
        closes = [Close(first + i * MINUTE_NS, i, i, 0, {}, {}) for i in range((MONDAY - first) // MINUTE_NS + after)]
        await store.insert(CLOSES.name, judgerows.close_rows(closes, shard, 0))


async def nobody(alerts: Sequence[Alert], baselines: Sequence[Baseline]) -> None:
    """A rebuild tells nothing."""


if __name__ == "__main__":
    sys.exit(main())
