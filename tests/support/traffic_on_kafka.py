"""Cheap traffic for stories of the line: hundreds of thousands of records in a topic and, the same, in a file.

Four models, one of them with 20 numeric features; event times rise with a little disorder; a drift of one model in the
second half; labels inside records; records that are broken, ninety minutes late or an hour ahead. Seeded.
"""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition

from tests.support.kafka import Broker, KafkaBroker
from tests.support.line import MIRQAB

START = 1_750_000_200  # seconds; a multiple of five minutes
PER_MINUTE = 1000
BROKEN, LATE, FUTURE = 1000, 5000, 7001  # one record of so many
WIDTHS = {"card": 20, "loan": 8, "fraud": 5, "mail": 3}
POOL = 3000


def _pool(rng: random.Random, width: int, shift: float) -> list[str]:
    """Feature objects as JSON, to choose from: making each anew would take most of the time."""
    pool = []
    for _ in range(POOL):
        values: dict[str, float | str] = {f"x{i}": round(rng.gauss(shift if i < 3 else 0, 1), 4) for i in range(width)}
        values["kind"] = rng.choice("abc")
        pool.append(json.dumps(values))
    return pool


def records(count: int, seed: int = 7, per_minute: int = PER_MINUTE) -> Iterator[tuple[int, bytes]]:
    """(broker's timestamp in ms, record), in the order of time."""
    rng = random.Random(seed)
    pools = {(name, drifted): _pool(rng, WIDTHS[name], 0.8 * drifted) for name in WIDTHS for drifted in (False, True)}
    names = ["card", "card", "loan", "fraud", "mail"]
    for i in range(count):
        model, at = names[i % 5], START + i * 60 / per_minute
        drifted = model == "card" and i > count // 2
        ts = at + rng.uniform(-3, 0)
        if i % LATE == LATE - 2:  # the last one of so many is broken
            ts -= 5400
        if i % FUTURE == FUTURE - 1:
            ts += 3600
        score = rng.betavariate(4 if drifted else 2, 5)
        label = f', "label": "{int(rng.random() < score)}"' if i % 10 == 0 else ""
        record = (
            f'{{"ts": {ts:.3f}, "model": "{model}", "version": "1", "principal": "u{rng.randrange(20)}", "id": "r{i}", '
            f'"features": {rng.choice(pools[model, drifted])}, "score": {score:.4f}, '
            f'"prediction": "{int(score > 0.5)}", '
            f'"latency_ms": {rng.expovariate(0.1):.2f}{label}}}'
        )
        yield int(at * 1000), b"{broken" if i % BROKEN == BROKEN - 1 else record.encode()


def fill(broker: Broker, topic: str, count: int, partitions: int, seed: int = 7) -> None:
    """Put the records into the topic, partitions in turn."""
    put(broker, topic, ((i % partitions, at_ms, value) for i, (at_ms, value) in enumerate(records(count, seed))))


def put(broker: Broker, topic: str, placed: Iterable[tuple[int, int, bytes]]) -> None:
    """Put (partition, broker's timestamp in ms, record) into the topic, in this order."""
    producer = Producer(
        {"bootstrap.servers": broker.bootstrap, "linger.ms": 50, "queue.buffering.max.messages": 1_000_000}
    )
    for i, (partition, at_ms, value) in enumerate(placed):
        producer.produce(topic, value, partition=partition, timestamp=at_ms)
        if i % 10_000 == 0:
            producer.poll(0)
    assert producer.flush(60) == 0


def dump(broker: KafkaBroker, topic: str, log_id: str, partitions: int, path: Path) -> int:
    """Write what the topic holds, with its place, in the order of its timestamps; returns how many records."""
    consumer = Consumer({**broker.client_settings(), "group.id": f"{topic}-dump", "enable.auto.commit": False})
    ends = [consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in range(partitions)]
    consumer.assign([TopicPartition(topic, p, 0) for p in range(partitions)])
    found: list[tuple[int, int, str]] = []
    while len(found) < sum(ends):
        for message in consumer.consume(10_000, timeout=5):
            line = {
                "topic": topic,
                "partition": message.partition(),
                "offset": message.offset(),
                "log_id": log_id,
                "timestamp_ms": message.timestamp()[1],
                "value": (message.value() or b"").decode(),
            }
            found.append((message.timestamp()[1], message.partition() or 0, json.dumps(line)))
    consumer.close()
    found.sort()
    path.write_text("".join(text + "\n" for _, _, text in found))
    return len(found)


def learnt(env: dict[str, str], count: int, folder: Path) -> Path:
    """Baselines of the first records, as `replay` learns them; a file would take those of the future at their word."""
    log = folder / "first.jsonl"
    log.write_bytes(b"\n".join(value for i, (_, value) in enumerate(records(count)) if i % FUTURE != FUTURE - 1))
    subprocess.run([MIRQAB, "replay", str(log), "--output", str(folder / "learnt")], env=env, check=True)
    return folder / "learnt" / "baselines.jsonl"
