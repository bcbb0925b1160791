"""How long a judge needs from its start to be where the stored closes end: two weeks of minutes, twenty models.

A day of one model is made by the real decoder and families, and copied to every day and model by the store. The last
Monday's profiles are made by judging the day before it. Then every shard is rebuilt, as a worker does it, in one
thread, from those profiles and the closes since. A start late on a Sunday, `--after 7`, is the worst. Prints one line.
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

from monitors.observe import observe
from monitors.prepared import Prepared
from monitors.shard import Close
from monitors.week import DAY_NS, MONDAY_NS, WEEK_NS
from schemas.alerts import Alert
from schemas.baselines import Baseline
from schemas.events import MINUTE_NS
from schemas.formats.json_lines import decode
from schemas.settings import Settings
from schemas.summaries import Summary, SummaryKey
from schemas.tables import CLOSES, MINUTES, PROFILES
from streams import judgerows
from streams.commands.worker import COLLECT_AFTER
from streams.judging import Judging
from streams.known import Baselines
from streams.meter import Meter
from streams.ruleset import read_rules
from streams.sinks.clickhouse import ClickHouseStore
from streams.wire import shard_of
from tests.support.bench import BOUNDS, LIMITS, SOURCE, baselines, prepare, raw_events, rss_mb

MONDAY = MONDAY_NS + 2800 * WEEK_NS
MADE = 999  # the shard under which the one day is stored that the others are copied from
COPY = """
INSERT INTO minutes ({names})
SELECT '{model}', version, segment, minute + toIntervalDay(day), minute_ns + day * 86400000000000, '{baseline}',
    vectors, principals, predictions, sample, {shard}, 0
FROM minutes ARRAY JOIN range({days}) AS day WHERE shard = {made}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=14, help="days of minutes")
    parser.add_argument("--after", type=float, default=7, help="days from the last Monday to the start, at most 7")
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
    after = min(round(args.after * 1440), 7 * 1440) - 1
    await seed(store, settings, given, a_day(given[0], args), args.days, after)
    known = Baselines()
    await known.read(store)
    for judging in judges(store, settings, known):
        async for _, outcome in judging._replay(MONDAY - DAY_NS):
            if outcome.profiles:
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
        f"start days={args.days} models={args.models} after_days={args.after:g} seconds={seconds:.1f} "
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
    seen = observe(batch, np.zeros(len(batch), np.int64), 1, 0, lambda model, version, block: prepared, BOUNDS)
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
    rows = judgerows.minute_rows(made, MADE, 0)
    assert rows is not None
    await store.insert(MINUTES.name, rows)
    names = ", ".join(column.name for column in MINUTES.columns)
    for baseline in known:
        model, shard = baseline.model, shard_of(baseline.model, settings.kafka.partitions)
        await store.command(
            COPY.format(names=names, made=MADE, model=model, baseline=baseline.id, shard=shard, days=days)
        )
    for shard in range(settings.kafka.partitions):
        closes = [Close(first + i * MINUTE_NS, i, i, 0, {}, {}) for i in range((MONDAY - first) // MINUTE_NS + after)]
        await store.insert(CLOSES.name, judgerows.close_rows(closes, shard, 0))


async def nobody(alerts: Sequence[Alert], baselines: Sequence[Baseline]) -> None:
    """A rebuild tells nothing."""


if __name__ == "__main__":
    sys.exit(main())
