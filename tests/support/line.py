"""A worker as a real process over a real Kafka and a shared store, and what it has stored, for stories of the line."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kafka import KafkaProducer

from tests.support.clickhouse import ClickHouseProcess
from tests.support.kafka import Broker, KafkaBroker

MIRQAB = str(Path(sys.executable).parent / "mirqab")
START = 1_750_000_000
SETTLED_SECONDS = 3.0


def records(count: int, seed: int = 7, partitions: int = 4) -> Iterator[tuple[int, bytes]]:
    """(partition, record): two models, a drift in the second half, broken records now and then."""
    rng = random.Random(seed)
    names = [f"x{i}" for i in range(6)]
    for i in range(count):
        model = f"m{i % 2}"
        ts = START + i * 0.05 + rng.uniform(0, 3)
        shift = 2.0 if i > count // 2 and model == "m1" else 0.0
        features: dict[str, Any] = {name: rng.gauss(shift if name == "x0" else 0.0, 1.0) for name in names}
        features["kind"] = rng.choice("abc")
        record = {
            "ts": ts,
            "model": model,
            "version": "1",
            "principal": f"u{rng.randrange(20)}",
            "id": f"r{i}",
            "features": features,
            "score": rng.random(),
            "prediction": rng.randrange(2),
            "latency_ms": rng.expovariate(0.1),
        }
        if i % 5000 == 4998:
            record["ts"] = ts - 5400  # ninety minutes late
        value = b"{broken" if i % 1000 == 999 else json.dumps(record).encode()
        yield i % partitions, value


def load(broker: KafkaBroker, topic: str, count: int, partitions: int = 4) -> None:
    """Fill a topic; the broker's timestamps are the events' own time."""
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, linger_ms=20)
    for i, (partition, value) in enumerate(records(count, partitions=partitions)):
        producer.send(topic, value, partition=partition, timestamp_ms=(START + i // 20) * 1000)
    producer.flush()
    producer.close()


class Workers:
    """Worker processes of one group over one store."""

    def __init__(
        self, broker: Broker, store: ClickHouseProcess, topic: str, name: str, folder: Path, **settings: str
    ) -> None:
        self.store, self.name, self.folder = store, name, folder
        self.database = name.replace("-", "_").replace(".", "_")
        self.running: list[subprocess.Popen[bytes]] = []
        self.started = 0
        self._last: tuple[tuple[int, ...], float] = ((), 0.0)  # what was judged, and since when it has been so much
        self.env = {
            **{key: value for key, value in os.environ.items() if not key.startswith("MIRQAB_")},
            "MIRQAB_KAFKA_BROKERS": broker.bootstrap,
            "MIRQAB_KAFKA_TOPICS": topic,
            "MIRQAB_KAFKA_GROUP": name,
            "MIRQAB_KAFKA_PREFIX": name,
            "MIRQAB_KAFKA_PARTITIONS": "2",
            "MIRQAB_KAFKA_SESSION_SECONDS": "6",
            "MIRQAB_STORE_URL": store.url,
            "MIRQAB_STORE_DATABASE": self.database,
            "MIRQAB_STORE_USERNAME": store.username,
            "MIRQAB_STORE_PASSWORD": store.password,
            "MIRQAB_LINE_IDLE_SECONDS": "4",
            "MIRQAB_LINE_BLOCK_RECORDS": "1000",
            "MIRQAB_LINE_BLOCK_SECONDS": "5",
            "MIRQAB_LINE_LINGER_SECONDS": "0.3",
            "MIRQAB_JUDGE_BASELINE_EVENTS": "1000",
            "MIRQAB_JUDGE_BASELINE_MINUTES": "2",
            **settings,
        }

    def start(self, **settings: str) -> subprocess.Popen[bytes]:
        """One more worker; `settings` are further environment variables."""
        command = [MIRQAB, "worker", "--migrate"]
        with self._log(self.started).open("ab") as log:
            child = subprocess.Popen(command, env={**self.env, **settings}, stdout=log, stderr=log)
        self.started += 1
        self.running.append(child)
        return child

    def start_up(self, **settings: str) -> subprocess.Popen[bytes]:
        """One more worker, returned when it is up."""
        number, child = self.started, self.start(**settings)
        self.wait_for(lambda: "worker is up" in self._log(number).read_text(), 60, "the worker")
        return child

    def _log(self, number: int) -> Path:
        return self.folder / f"{self.name}-{number:03}.log"

    def kill(self) -> None:
        """SIGKILL to every worker."""
        for child in self.running:
            child.kill()
            child.wait()
        self.running.clear()

    def stop(self) -> list[int]:
        """SIGTERM to every worker that runs; the exit codes of all."""
        for child in self.running:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        return [child.wait(timeout=60) for child in self.running]

    def forget(self) -> None:
        """Workers that were killed, and what they said."""
        self.running.clear()
        for path in self.folder.glob(f"{self.name}-*.log"):
            path.unlink()

    def said(self, text: str) -> int:
        """How often the workers' logs say something."""
        return sum(path.read_text().count(text) for path in self.folder.glob(f"{self.name}-*.log"))

    def query(self, sql: str) -> list[dict[str, Any]]:
        client = self.store.client(self.database)
        try:
            return list(client.query(sql).named_results())
        finally:
            client.close()

    def count(self, table: str) -> int:
        """Rows as a reader sees them; 0 before the tables are made."""
        try:
            return int(self.query(f"SELECT count() AS n FROM {table}_now")[0]["n"])
        except Exception:
            return 0

    def stored(self) -> int:
        """Records of which a reader sees what became of them: events and rejects."""
        return self.count("events") + self.count("rejects")

    def wait_for(self, done: Any, seconds: float, what: str) -> None:
        """Until `done()`; fails with the workers' logs when they end or the time is over."""
        until = time.monotonic() + seconds
        while not done():
            ended = self.running and all(child.poll() is not None for child in self.running)
            if time.monotonic() > until or ended:
                self.kill()
                raise AssertionError(f"{what} did not come ({'ended' if ended else 'timeout'}):\n{self.logs()}")
            time.sleep(0.3)

    def outcome(self, child: subprocess.Popen[bytes], seconds: float) -> int:
        """The exit code of a worker that ends by itself; fails with the logs if it does not."""
        try:
            code = child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the worker did not end within {seconds} s:\n{self.logs()}") from None
        self.running.remove(child)
        return code

    def logs(self) -> str:
        """The last that the workers said."""
        return "\n".join(path.read_text()[-3000:] for path in sorted(self.folder.glob(f"{self.name}-*.log")))

    def settled(self) -> bool:
        """True once every stored event is in a closed minute or counted as late, and every alert is in an incident.

        A minute is stored before it is judged, so nothing may have been added for a while either. Only the idleness of
        all partitions can do it. A shard without models closes nothing, so shards are not counted.
        """
        stored = self.query("SELECT count() AS n FROM events_now WHERE bitAnd(flags, 1) = 0")[0]["n"]
        judged = self.query("SELECT sum(vectors['n'][1]) AS n FROM minutes_now")[0]["n"]
        late = self.query("SELECT sum(vectors['n'][1]) AS n FROM minutes_late_now")[0]["n"]
        alerts = self.query("SELECT uniqExact(id) AS n FROM alerts_now WHERE opened IS NOT NULL")[0]["n"]
        told = self.query("SELECT uniqExactArray(alerts) AS n FROM incidents_now")[0]["n"]
        judgement = tuple(self.count(table) for table in ("closes", "readings", "signals", "alerts", "incidents"))
        if judgement != self._last[0]:
            self._last = judgement, time.monotonic()
        quiet = time.monotonic() - self._last[1] >= SETTLED_SECONDS
        return bool(quiet and stored == judged + late and alerts <= told)

    def by_minute(self) -> list[dict[str, Any]]:
        """Minutes in which stored events and judged events differ, with both numbers: what to look at first."""
        return self.query(
            "SELECT minute, sum(stored) AS stored, sum(judged) AS judged FROM ("
            "SELECT toStartOfMinute(ts) AS minute, 1 AS stored, 0 AS judged FROM events_now UNION ALL "
            "SELECT toStartOfMinute(minute), 0, vectors['n'][1] FROM minutes_now) "
            "GROUP BY minute HAVING stored != judged ORDER BY minute"
        )


def give_baselines(workers: Workers, path: Path) -> None:
    """Make the tables and put in the baselines of `replay --output`, before any worker starts."""
    subprocess.run([MIRQAB, "migrate"], env=workers.env, check=True, capture_output=True)
    names = ("model", "version", "number", "id", "origin", "events", "rows", "content")
    client = workers.store.client(workers.database)
    for line in path.read_text().splitlines():
        row = json.loads(line)
        client.insert("baselines", [[row[name] for name in names]], column_names=names)
    client.close()
