"""Spans of an OpenTelemetry collector on a topic of their own of a real Kafka, beside a topic of plain records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kafka import KafkaProducer

from tests.support.clickhouse import ClickHouseProcess
from tests.support.kafka import KafkaBroker
from tests.support.line import START, Workers

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "formats" / "otel_genai"
PROTOBUF = b"\x0a\x2f\x0a\x1a\x0a\x18\x0a\x0cservice.name\x12\x08\x0a\x06ledger"  # how an OTLP export begins

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]


def test_each_topic_is_read_in_its_own_format(
    kafka: KafkaBroker, clickhouse: ClickHouseProcess, topic_name: str, tmp_path: Path
) -> None:
    spans = f"{topic_name}-otlp"
    for topic in (topic_name, spans):
        kafka.create_topic(topic, 1, retention_ms="-1")
    config = tmp_path / "mirqab.toml"
    config.write_text(f'[kafka]\ntopics = ["{topic_name}", "{spans}"]\n\n[topics."*-otlp"]\nformat = "otel_genai"\n')
    workers = Workers(kafka, clickhouse, topic_name, f"{topic_name}-f", tmp_path, MIRQAB_CONFIG=str(config))
    del workers.env["MIRQAB_KAFKA_TOPICS"]
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap)
    for line in (GOLDEN / "sample.jsonl").read_bytes().splitlines():
        producer.send(spans, line)
    producer.send(spans, PROTOBUF)
    producer.send(topic_name, json.dumps({"ts": START, "model": "plain", "score": 0.5}).encode())
    producer.flush()
    producer.close()
    expected = json.loads((GOLDEN / "expected.json").read_text("utf-8"))

    workers.start()
    workers.wait_for(lambda: workers.count("events") == len(expected) + 1, 90, "the events of both topics")
    workers.wait_for(lambda: workers.count("rejects") == 1, 30, "the reject")
    workers.stop()

    stored = workers.query("SELECT topic, model, id FROM events_now ORDER BY topic, offset, part")
    assert [tuple(row.values()) for row in stored if row["topic"] == topic_name] == [(topic_name, "plain", "")]
    assert [(row["model"], row["id"]) for row in stored if row["topic"] == spans] == [
        (row["model"], row.get("id", "")) for row in expected
    ]
    (reject,) = workers.query("SELECT topic, reason FROM rejects_now")
    assert reject["topic"] == spans
    assert "encoding otlp_proto or otlp_json" in reject["reason"]
