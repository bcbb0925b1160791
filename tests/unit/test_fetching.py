"""What Kafka sends becomes RawRecord: offset, value and time kept, a deleted value an empty record."""

from __future__ import annotations

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition

from schemas.events import RawRecord
from streams.fetching import _PlainRecords


def test_fetched_records_are_raw_records() -> None:
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=1 << 20,
    )
    for offset, value in enumerate((b'{"ts": 1}', None, b"x")):
        builder.append(offset, 1_700_000_000_000 + offset, b"key", value, [])
    fetched = MemoryRecords(bytes(builder.build()))
    found = list(_PlainRecords(TopicPartition("t", 0), fetched, None, 1, None, None, True, 0))
    assert found == [
        RawRecord(1, b"", 1_700_000_000_001_000_000),
        RawRecord(2, b"x", 1_700_000_000_002_000_000),
    ]
    assert {type(record) for record in found} == {RawRecord}
