"""The doctor on a real Kafka and a real store, sick and well; and lines that `send` brings there."""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from kafka import KafkaConsumer

from schemas.errors import UsageError
from schemas.settings import Settings
from streams import topics
from streams.checks import FAILED, OK, WARNING, run_checks
from streams.commands import send
from streams.kafka import admin_arguments
from streams.migrate import migrate
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.clickhouse import ClickHouseProcess
from tests.support.kafka import KafkaBroker

pytestmark = pytest.mark.kafka


def doctor(settings: Settings, *names: str) -> list[tuple[str, str]]:
    """What it says of some checks: (state, text and remedy)."""
    return [(f.state, f"{f.text} {f.remedy}") for f in run_checks(settings, None) if f.check in names]


async def migrated(settings: Settings) -> None:
    store = ClickHouseStore(settings.store, wait=False)
    await store.connect(create=True)
    await migrate(store, settings)
    await store.close()


def test_a_sick_broker_and_a_well_one(kafka: KafkaBroker, topic_name: str) -> None:
    kafka.create_topic(topic_name)
    settings = Settings().replace("kafka", brokers=kafka.bootstrap, topics=[topic_name], prefix=topic_name)
    (broker,) = doctor(settings, "broker")
    assert broker[0] == OK
    assert [state for state, _ in doctor(settings, "topics")] == [WARNING]
    topics.create(settings.kafka)
    assert [state for state, _ in doctor(settings, "topics")] == [OK]
    (wrong,) = doctor(settings.replace("kafka", partitions=9, topics=["inferenz"]), "topics")[:1]
    assert wrong[0] == FAILED
    assert "unknown topic 'inferenz'" in wrong[1]


def test_a_store_before_and_after_its_tables(clickhouse: ClickHouseProcess, database_name: str) -> None:
    settings = Settings().replace(
        "store",
        url=clickhouse.url,
        database=database_name,
        username=clickhouse.username,
        password=clickhouse.password,
    )
    assert doctor(settings, "store")[0][0] == FAILED
    asyncio.run(migrated(settings))
    assert [state for state, _ in doctor(settings, "store")] == [OK, OK]


def test_over_tls_a_wrong_password_is_said(new_broker: Callable[..., KafkaBroker]) -> None:
    broker = new_broker(tls=True)
    assert broker.certificates is not None
    settings = Settings().replace(
        "kafka",
        brokers=broker.bootstrap,
        security="SASL_SSL",
        username=broker.username,
        password=broker.password,
        ca_file=str(broker.certificates.ca),
    )
    assert [state for state, _ in doctor(settings, "broker")] == [OK]
    ((state, text),) = doctor(settings.replace("kafka", password="wrong-secret"), "broker")
    assert state == FAILED
    assert "MIRQAB_KAFKA_PASSWORD" in text
    assert "wrong-secret" not in text
    ((state, text),) = doctor(settings.replace("kafka", ca_file=""), "broker")
    assert (state, "kafka.ca_file" in text) == (FAILED, True)


def read(kafka: KafkaBroker, settings: Settings, topic: str) -> list[tuple[int, bytes | None, bytes]]:
    reader = KafkaConsumer(
        topic, **admin_arguments(settings.kafka), auto_offset_reset="earliest", consumer_timeout_ms=3000
    )
    found = [(record.partition, record.key, record.value) for record in reader]
    reader.close()
    return found


def sending(settings: Settings, *files: Path, **options: object) -> int:
    defaults: dict[str, object] = dict.fromkeys(("topic", "partition", "rate", "config", "format")) | {"json": True}
    names = [str(file) for file in files]
    return send.run(argparse.Namespace(files=names, **(defaults | options)), settings)


def test_hostile_lines_are_sent_too(
    kafka: KafkaBroker, topic_name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kafka.create_topic(topic_name, partitions=3)
    settings = Settings().replace("kafka", brokers=kafka.bootstrap, topics=[topic_name])
    lines = [b'{"model": 3}', b"no json", b"\xff\xfe", b'{"model":"\\ud800"}']
    models = [json.dumps({"model": f"m{i % 5}", "n": i}).encode() for i in range(500)]
    plain, packed = tmp_path / "lines.jsonl", tmp_path / "lines.jsonl.gz"
    plain.write_bytes(b"\r\n".join(lines) + b"\n\n" + b"x" * 2_000_000)
    packed.write_bytes(gzip.compress(b"\n".join(models)))
    assert sending(settings, plain, packed) == 1
    told = capsys.readouterr()
    assert json.loads(told.out) == {"sent": 504, "refused": 1}
    assert "max.message.bytes" in told.err
    found = read(kafka, settings, topic_name)
    assert {value for _, _, value in found} == {*lines, *models}
    for model in range(5):
        mine = [(p, json.loads(value)["n"]) for p, key, value in found if key == b"m%d" % model]
        assert len({p for p, _ in mine}) == 1
        assert [n for _, n in mine] == sorted(n for _, n in mine)
        assert len(mine) == 100


def test_a_partition_can_be_pinned_and_what_cannot_be_read_is_named(
    kafka: KafkaBroker, topic_name: str, tmp_path: Path
) -> None:
    kafka.create_topic(topic_name, partitions=3)
    settings = Settings().replace("kafka", brokers=kafka.bootstrap, topics=[topic_name])
    file, broken = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    file.write_bytes(b'{"model":"a"}\n{"model":"b"}\n')
    broken.write_bytes(b"no gzip")
    assert sending(settings, file, partition=2, rate=50.0) == 0
    assert [partition for partition, _, _ in read(kafka, settings, topic_name)] == [2, 2]
    with pytest.raises(UsageError, match="partitions 0 to 2"):
        sending(settings, file, partition=3)
    for wrong in (broken, tmp_path / "none"):
        with pytest.raises(UsageError, match=str(wrong)):
            sending(settings, wrong)
