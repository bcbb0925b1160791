"""The whole line, Kafka to store (chDB): `mirqab worker` against a plain service and against the floor, in one run.

 naive  one Faust agent, one event at a time, River's half-space trees and ADWIN (the spikes' plain service, as it is);
 floor  fetch, decode to columns, Arrow insert, nothing else: the same fetch size, decoder, row writer and store;
 ours   the real command `mirqab worker`, all default monitors on, baselines given, every event scored.

All read the same topic: 4 partitions, 902-byte JSON, 20 features, 5 models, 500 principals. What is measured is the
time from the first stored rows to the last. The last line is made for machines.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.bench import SPIKES, Timeline, baselines, clean_env, finish, prepare, tap
from tests.support.kafka import KafkaBroker
from tests.support.kafka_jars import HOW, NoKafka

TOPIC = "line"
PLAIN, LOAD = SPIKES / "plain_service.py", SPIKES / "load_events.py"
MODELS = [f"m{i}" for i in range(5)]
JAVA = ("-Xmx512m", "-XX:+UseSerialGC")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=300_000, help="events in the topic, for ours and the floor")
    parser.add_argument("--plain-events", type=int, default=12_000, help="events for the plain service, which is slow")
    parser.add_argument("--rounds", type=int, default=2, help="how often floor and ours run in turn; medians count")
    parser.add_argument("--only", choices=("floor", "ours", "naive"), help="run one of the three")
    parser.add_argument("--profile", metavar="FILE", help="cProfile of ours, to FILE")
    parser.add_argument("--child", choices=("floor", "ours"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        return {"floor": floor, "ours": ours}[args.child](args.events, args.profile)
    if not LOAD.exists():
        print("NOT RUN: the load script of the spikes is not beside this repository", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory(prefix="mirqab-bench-") as folder:
        try:
            with KafkaBroker(Path(folder) / "kafka", java_options=JAVA) as broker:
                return compare(args, broker.bootstrap, Path(folder))
        except NoKafka as e:
            print(f"NOT RUN: {e}; to get it: {HOW}", file=sys.stderr)
            return 0


def compare(args: argparse.Namespace, bootstrap: str, folder: Path) -> int:
    """Load once, run the three, print what came out."""
    run_script([str(LOAD), bootstrap, TOPIC, str(args.events)], folder)
    rates: dict[str, list[float]] = {"naive": [], "floor": [], "ours": []}
    for turn in range(args.rounds):
        for name in ("floor", "ours"):
            if args.only in (None, name):
                found = child(name, bootstrap, folder / f"{name}{turn}", args)
                rates[name].append(found["events_per_second"])
                said = "{events_per_second:>9,.0f} events/s, {cpu_us:.1f} us of processor each, {rss_mb:,.0f} MiB"
                print(f"{name:6} {said.format(**found)}", flush=True)
    if args.only in (None, "naive"):
        rates["naive"].append(plain(bootstrap, folder / "naive", args.plain_events))
        print(f"naive  {rates['naive'][0]:>9,.0f} events/s", flush=True)
    if not args.only:
        mid = {name: statistics.median(found) for name, found in rates.items()}
        to_naive, to_floor = mid["ours"] / mid["naive"], mid["ours"] / mid["floor"]
        print(f"line ratio_to_naive={to_naive:.1f} ratio_to_floor={to_floor:.2f} events_per_second={mid['ours']:.0f}")
    return 0


def run_script(command: list[str], folder: Path, timeout: float = 120) -> str:
    """Run one of the spikes' scripts; what it said on either stream (Faust moves what is printed to stderr)."""
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env=clean_env(),
        cwd=folder,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout + done.stderr


def plain(bootstrap: str, folder: Path, events: int) -> float:
    """The plain service's own figure."""
    folder.mkdir()
    said = run_script([str(PLAIN), bootstrap, TOPIC, str(events), str(folder / "store")], folder)
    return float(said.rsplit("events_per_second=", 1)[1].split()[0])


def child(name: str, bootstrap: str, folder: Path, args: argparse.Namespace) -> dict[str, float]:
    """Run one of ours in a process of its own, with a store of its own."""
    folder.mkdir()
    command = [sys.executable, __file__, "--child", name, "--events", str(args.events)]
    if args.profile and name == "ours":
        command += ["--profile", args.profile]
    env = clean_env(
        MIRQAB_KAFKA_BROKERS=bootstrap,
        MIRQAB_KAFKA_TOPICS=TOPIC,
        MIRQAB_KAFKA_GROUP=folder.name,
        MIRQAB_KAFKA_PREFIX=folder.name,
        MIRQAB_STORE_FOLDER=str(folder / "store"),
    )
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=180, check=False, cwd=folder)
    if done.returncode != 0:
        raise RuntimeError(f"{name} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def floor(events: int, profile: str | None) -> int:
    """Child: fetch, decode, insert; an insert runs beside the next decode, as in ours."""
    asyncio.run(_floor(events))
    return 0


async def _floor(events: int) -> None:
    from aiokafka import AIOKafkaConsumer, TopicPartition

    from monitors.observe import Observed
    from schemas.events import RawRecord, Source
    from schemas.formats import Limits, load
    from schemas.settings import load_settings
    from streams.batches import FETCH_BYTES
    from streams.commands.worker import COLLECT_AFTER
    from streams.eventrows import event_rows
    from streams.kafka import aio_arguments
    from streams.sinks.clickhouse import ClickHouseStore

    gc.set_threshold(COLLECT_AFTER)  # as the command does
    settings, timeline = load_settings(), Timeline()
    await prepare(settings, [])
    tap(events, timeline)
    store = ClickHouseStore(settings.store)
    await store.connect()
    decode = load(settings.line.format)
    limits = Limits(settings.line.max_record_bytes, 300 * 10**9, 0)
    consumer = AIOKafkaConsumer(
        **aio_arguments(settings.kafka), max_partition_fetch_bytes=FETCH_BYTES, enable_auto_commit=False
    )
    consumer.assign([TopicPartition(TOPIC, p) for p in range(4)])
    await consumer.start()
    await consumer.seek_to_beginning()
    insert: asyncio.Task[None] | None = None
    while True:
        found: dict[Any, Any] = await consumer.getmany(timeout_ms=500, max_records=settings.kafka.max_poll_records)
        for tp, records in found.items():
            ours = [RawRecord(r.offset, r.value, r.timestamp * 1_000_000) for r in records]
            batch = decode(ours, Source("floor", tp.topic, tp.partition), limits)
            n = len(batch)
            nothing = Observed(np.full(n, np.nan), np.zeros(n, np.uint16), [""] * n, batch.ts_ns, [], [])
            rows = event_rows(batch, nothing)
            if insert is not None:
                await insert
            insert = asyncio.create_task(store.insert("events", rows))
            await asyncio.sleep(0)


def ours(events: int, profile: str | None) -> int:
    """Child: the command itself, with a store that keeps time."""
    from schemas.settings import load_settings
    from streams.cli import main as mirqab

    settings, timeline = load_settings(), Timeline()
    asyncio.run(prepare(settings, baselines(MODELS)))
    if not profile:
        tap(events, timeline)
        return mirqab(["worker", "--quiet"])
    import cProfile
    import signal

    tap(events, timeline, lambda: os.kill(os.getpid(), signal.SIGTERM))
    profiler = cProfile.Profile()
    with contextlib.suppress(SystemExit):
        profiler.runcall(mirqab, ["worker", "--quiet"])
    profiler.dump_stats(profile)
    finish(**timeline.figures())
    return 0


if __name__ == "__main__":
    sys.exit(main())
