"""Stored events of one model version as plain log records again, so that a baseline can be learnt from them.

A uniform sample, chosen by a hash of each record's identity: the same ones whenever it is asked for; without texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from monitors.segments import parsed
from schemas.events import RawRecord, Source
from streams.baselinefile import Gatherer
from streams.store import Store

RECORDS = """
SELECT log_id, topic, partition, offset, toUnixTimestamp64Milli(ts) / 1000 AS at, model, version, principal, id,
    session, segment, status, source_ip, prediction, score, scores, latency_ms, tokens_in, tokens_out, feature_set,
    num, cat, label
FROM events_now
"""  # what `as_record` reads
SAMPLED = """
WHERE model = {model:String} AND version = {version:String} AND ts >= fromUnixTimestamp64Nano({since_ns:Int64})
    AND bitAnd(flags, 1) = 0
ORDER BY cityHash64(log_id, topic, partition, offset), part LIMIT {most:UInt32}
"""
FEATURE_SETS = "SELECT id, num_names, cat_names FROM feature_sets_now WHERE id IN {ids:Array(UInt64)}"
PLAIN = ("model", "version", "principal", "id", "session", "status", "source_ip", "prediction", "label")
NUMBERS = ("score", "latency_ms", "tokens_in", "tokens_out")
Names = Mapping[int, tuple[Sequence[str], Sequence[str]]]


async def gather(store: Store, into: Gatherer, model: str, version: str, since_ns: int, most: int) -> None:
    """Give at most `most` events since `since_ns` to a Gatherer. Raises StoreUnavailable or StoreRefused."""
    asked = {"model": model, "version": version, "since_ns": since_ns, "most": most}
    rows = await store.query(RECORDS + SAMPLED, asked)
    names = await names_of(store, rows)
    by_source: dict[Source, list[RawRecord]] = {}
    for row in rows:
        source = Source(row["log_id"], row["topic"], int(row["partition"]))
        record = RawRecord(int(row["offset"]), msgspec.json.encode(as_record(row, names)), None)
        by_source.setdefault(source, []).append(record)
    for source, records in sorted(by_source.items()):
        into.take(source, sorted(records))


async def names_of(store: Store, rows: Sequence[Mapping[str, Any]]) -> Names:
    """Names of the features of these events, by feature set. Raises StoreUnavailable or StoreRefused."""
    ids = sorted({int(row["feature_set"]) for row in rows})
    sets = await store.query(FEATURE_SETS, {"ids": ids}) if ids else []
    return {int(row["id"]): (row["num_names"], row["cat_names"]) for row in sets}


def as_record(row: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """The log record that an event was, as far as it is stored."""
    num_names, cat_names = names.get(int(row["feature_set"]), ((), ()))
    features: dict[str, Any] = {name: x for name, x in zip(num_names, row["num"], strict=False) if x == x}
    features |= {name: text for name, text in zip(cat_names, row["cat"], strict=False) if text}
    record = {name: row[name] for name in PLAIN if row[name] != ""}
    record |= {name: row[name] for name in NUMBERS if row[name] is not None and row[name] == row[name]}
    if row["segment"]:
        record["segment"] = parsed(row["segment"])
    if len(row["scores"]):
        record["scores"] = [float(each) for each in row["scores"]]
    return record | {"ts": float(row["at"]), "features": features}
