"""One `mirqab worker` as a child process that keeps time, and the records that a benchmark feeds to it.

The child is the real command with given baselines and a store of its own. It prints one line of JSON and ends at once:
after so many stored events, or after so many seconds with how late everything became visible.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from confluent_kafka import Producer
from numpy.typing import NDArray

from monitors.judge import Outcome
from monitors.shard import Close
from streams.meter import Meter
from streams.sinks.clickhouse import ClickHouseStore
from streams.wire import shard_of
from tests.support.bench import FEATURES, Timeline, baselines, clean_env, finish, prepare, rss_mb, tap
from tests.support.bench_attacks import AttackAges, ages

SERVING = ("-Xmx512m", "-XX:+UseSerialGC")  # of the broker: the compiler is on, as it would be
SHIFT = 2.0  # standard deviations, of one feature of a model that drifts
POOL = 2000  # different sets of features; each is used again with another time, model and principal
TIMES = {"events": "ts", "closes": "minute", "readings": "at", "alerts": "at"}
ATTACK_EVERY = 400  # of the records, one is an attacker's; a multiple of the models, so that it is always the first's


def records(
    count: int,
    *,
    models: int,
    principals: int,
    per_second: float,
    start: float,
    drifting: str = "",
    even: bool = True,
    attackers: int = 0,
    calm: int = 0,
) -> Iterator[bytes]:
    """`count` records of some 900 bytes and 20 features, in order of time, models in turn, principals at random.

    Principals are asked equally often, or without `even` as unequally as in the baselines of `bench`. `attackers` are
    further ones, who one after the other search for the boundary of model m0, none in the first `calm` records.
    """
    rng = random.Random(1)
    plain = [_features(rng, 0.0) for _ in range(POOL)]
    moved = [_features(rng, SHIFT) for _ in range(POOL)]
    searches = [_boundary_search(rng) for _ in range(attackers)]
    for i in range(count):
        model = f"m{i % models}"
        rest = (moved if model == drifting else plain)[i % POOL]
        who = f"u{rng.randrange(principals) if even else int(rng.paretovariate(1)) % principals}"
        if attackers and i >= calm and i % ATTACK_EVERY == 0:
            turn = (i - calm) * attackers // (count - calm)
            who, rest = f"mallory-{turn}", next(searches[turn])
        yield b'{"ts": %.3f, "model": "%s", "principal": "%s", "request_id": "%032x", %s' % (
            start + i / per_second, model.encode(), who.encode(), i, rest,
        )  # fmt: skip


def _features(rng: random.Random, shift: float) -> bytes:
    features = {name: rng.gauss(shift if name == FEATURES[0] else 0.0, 1) for name in FEATURES}
    return _rest(rng, features, int(rng.random() < 0.1), rng.random())


def _rest(rng: random.Random, features: dict[str, float], prediction: int, score: float) -> bytes:
    rest = {"version": "3", "features": features, "prediction": prediction, "score": score}
    return json.dumps({**rest, "latency_ms": rng.expovariate(0.1)})[1:].encode()


def _boundary_search(rng: random.Random) -> Iterator[bytes]:
    """Binary searches from one case to where the sum of two features changes its sign, along random directions."""
    case = {name: rng.gauss(0, 1) for name in FEATURES}
    while True:
        way, near, far = {name: rng.gauss(0, 1) for name in FEATURES}, 0.0, 1.0
        for _ in range(10):
            middle = (near + far) / 2
            asked = {name: case[name] + middle * way[name] for name in FEATURES}
            sums = [at[FEATURES[0]] + at[FEATURES[1]] for at in (case, asked)]
            yield _rest(rng, asked, int(sums[1] > 0), 1 / (1 + math.exp(-sums[1])))
            near, far = (middle, far) if (sums[0] > 0) == (sums[1] > 0) else (near, middle)


def fill(bootstrap: str, topic: str, lines: Iterator[bytes], partitions: int = 4) -> int:
    """Send the records to the partitions in turn; returns how many there were."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 20, "queue.buffering.max.messages": 1_000_000})
    sent = 0
    for sent, line in enumerate(lines, 1):
        while True:
            try:
                producer.produce(topic, line, partition=sent % partitions)
                break
            except BufferError:
                producer.poll(0.1)
        if sent % 1000 == 0:
            producer.poll(0)
    producer.flush()
    return sent


class Child:
    """A worker with a folder of its own; `core` holds it on one core, `settings` are environment variables."""

    def __init__(
        self,
        bootstrap: str,
        topic: str,
        group: str,
        folder: Path,
        *options: str,
        core: int | None = None,
        **settings: str,
    ) -> None:
        folder.mkdir()
        self.log = folder / "log"
        env = clean_env(
            MIRQAB_KAFKA_BROKERS=bootstrap,
            MIRQAB_KAFKA_TOPICS=topic,
            MIRQAB_KAFKA_GROUP=group,
            MIRQAB_KAFKA_PREFIX=group,
            MIRQAB_STORE_FOLDER=str(folder / "store"),
            **settings,
        )
        pin = [] if core is None else ["taskset", "-c", str(core)]
        with self.log.open("w") as log:
            command = [*pin, sys.executable, "-m", "tests.support.bench_worker", *options]
            self.process = subprocess.Popen(command, env=env, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=log)

    def result(self, timeout: float = 200) -> dict[str, Any]:
        """What it printed. Raises RuntimeError with its log if it failed or took too long."""
        try:
            out, _ = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, _ = self.process.communicate()
        if self.process.returncode != 0 or not out.strip():
            raise RuntimeError(f"the worker ended with {self.process.returncode}:\n{self.log.read_text()[-3000:]}")
        return dict(json.loads(out.splitlines()[-1]))


class Ages:
    """How long after it could be there each row became visible, s.

    An event can be at its own time, a close, a reading and an alert when minute or pane and the lateness are over.
    """

    def __init__(self, lateness_seconds: float) -> None:
        self.of: dict[str, list[NDArray[np.float64]]] = {name: [] for name in TIMES}
        self.late = {"events": 0.0, "closes": 60 + lateness_seconds, "readings": lateness_seconds}
        self.late["alerts"] = lateness_seconds
        self.attacks = AttackAges()

    def watch(self) -> None:
        """Make every ClickHouseStore of this process note them."""
        insert, note = ClickHouseStore.insert, self.note

        async def timed(self: ClickHouseStore, table: str, rows: pa.Table) -> None:
            await insert(self, table, rows)
            note(table, rows)

        ClickHouseStore.insert = timed  # type: ignore[method-assign]

    def note(self, table: str, rows: pa.Table) -> None:
        """These rows have just become visible."""
        self.attacks.note(table, rows, time.time())
        if table not in TIMES:
            return
        at = rows[TIMES[table]].to_numpy().astype("datetime64[ns]").astype(np.int64) / 1e9
        if table == "alerts":
            attacks = np.array([rule.startswith("attack_") for rule in rows["rule"].to_pylist()])
            at[attacks] = np.ceil(at[attacks] / 60) * 60
        self.of[table].append(time.time() - at - self.late[table])

    def figures(self) -> dict[str, Any]:
        """Per table how many rows, the median, the 99th percentile and the largest."""
        found = {table: ages(np.concatenate([*parts, []])) for table, parts in self.of.items()}
        return found | {"rss_mb": rss_mb()} | self.attacks.figures()


def tap_judged(events: int, minute_ns: int, shards: int, timeline: Timeline) -> None:
    """End when so many events are stored and the shards that have models have judged a minute, whichever is last."""
    meters: list[Meter] = []
    closed = Meter.closed

    def check() -> None:
        last = [at for meter in meters for at in meter.last_closed_ns.values()]
        if len(last) == shards and min(last) >= minute_ns and timeline.add(0) >= events:
            (meter,) = meters
            finish(**timeline.figures(), closes=meter.closes, readings=meter.readings)

    def noted(self: Meter, shard: int, closes: Sequence[Close], outcome: Outcome) -> None:
        closed(self, shard, closes, outcome)
        meters[:] = [self]
        check()

    Meter.closed = noted  # type: ignore[method-assign]
    tap(events, timeline, check)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, help="end after so many were stored")
    parser.add_argument("--seconds", type=float, help="end after so long, and tell how late everything was")
    parser.add_argument("--models", type=int, default=5, help="models m0, m1, … with a baseline")
    parser.add_argument("--judged", type=int, help="with --events: end when this minute is judged too, ns")
    args = parser.parse_args()
    from schemas.settings import load_settings
    from streams.cli import main as mirqab

    settings, timeline = load_settings(), Timeline()
    asyncio.run(prepare(settings, baselines([f"m{i}" for i in range(args.models)])))
    if args.judged is not None:
        shards = {shard_of(f"m{i}", settings.kafka.partitions) for i in range(args.models)}
        tap_judged(args.events, args.judged, len(shards), timeline)
    elif args.seconds is None:
        tap(args.events, timeline)
    else:
        ages = Ages(settings.line.lateness_seconds)
        ages.watch()
        timer = threading.Timer(args.seconds, lambda: finish(**ages.figures()))
        timer.daemon = True
        timer.start()
    return mirqab(["worker", "--quiet"])


if __name__ == "__main__":
    sys.exit(main())
