"""What the judge decided, as rows: closes, minutes, late data, readings, signals, alerts, profiles. Converts only."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from monitors.judge import Profile
from monitors.shard import Close, Late, SourceState
from schemas import tables
from schemas.alerts import Alert
from schemas.events import Source
from schemas.labelled import LabelRow
from schemas.queries import Queries
from schemas.readings import Reading, Series
from schemas.signals import Signal
from schemas.summaries import SampleRow, Summary, SummaryKey
from schemas.texts import TextRow, Texts
from schemas.vectors import Vectors
from streams.alertwire import encode
from streams.rows import arrow

_json = msgspec.json.Encoder(order="deterministic")


def close_rows(closes: Sequence[Close], shard: int, generation: int) -> pa.Table:
    """Rows of `closes`."""
    return arrow(
        tables.CLOSES,
        {
            "shard": shard,
            "minute": [c.minute_ns for c in closes],
            "minute_ns": [c.minute_ns for c in closes],
            "position": [c.position for c in closes],
            "floor": [c.floor for c in closes],
            "tick": [c.tick_ns for c in closes],
            "sources": [_json.encode(list(c.sources.items())).decode() for c in closes],
            "generation": generation,
        },
    )


def sources_of(text: str) -> dict[Source, SourceState]:
    """The `sources` column read back."""
    return dict(msgspec.json.decode(text, type=list[tuple[Source, SourceState]]))


def _counts(summaries: Sequence[Summary]) -> dict[str, Any]:
    return {
        "vectors": [{name: counts.tolist() for name, counts in s.vectors.items()} for s in summaries],
        "principals": [s.principals for s in summaries],
        "predictions": [s.predictions for s in summaries],
        "sample": [[_json.encode(row).decode() for row in s.sample] for s in summaries],
        "labelled": [[_json.encode(row).decode() for row in s.labelled] for s in summaries],
    }


def _keys(keys: Sequence[SummaryKey]) -> dict[str, Any]:
    return {
        "model": [k.model for k in keys],
        "version": [k.version for k in keys],
        "segment": [k.segment for k in keys],
        "minute": [k.minute_ns for k in keys],
        "minute_ns": [k.minute_ns for k in keys],
        "baseline": [k.baseline for k in keys],
    }


def _whose(items: Sequence[tuple[SummaryKey, str]], shard: int, generation: int) -> dict[str, Any]:
    """What rows by principal and minute begin with; they are of whole models."""
    keys = _keys([key for key, _ in items])
    del keys["segment"]
    return {**keys, "principal": [who for _, who in items], "shard": shard, "generation": generation}


def minute_rows(closes: Sequence[Close], shard: int, generation: int) -> pa.Table | None:
    """Rows of `minutes`; None if the minutes had no events."""
    items = [(key, summary) for close in closes for key, summary in close.summaries.items()]
    if not items:
        return None
    columns = {**_keys([k for k, _ in items]), **_counts([s for _, s in items])}
    return arrow(tables.MINUTES, {**columns, "shard": shard, "generation": generation})


def principal_minute_rows(closes: Sequence[Close], shard: int, generation: int) -> pa.Table | None:
    """Rows of `principal_minutes`; None if no queries were kept."""
    items = [
        (key, summary.queries, who, packed)
        for close in closes
        for key, summary in close.summaries.items()
        for who, packed in summary.queries.of.items()
    ]
    if not items:
        return None
    own = {
        "turn": [queries.turn for _, queries, _, _ in items],
        "width": [queries.width for _, queries, _, _ in items],
        "queries": [b64encode(packed).decode() for _, _, _, packed in items],
    }
    whose = _whose([(key, who) for key, _, who, _ in items], shard, generation)
    return arrow(tables.PRINCIPAL_MINUTES, {**whose, **own})


def queries_of(found: Sequence[Mapping[str, Any]]) -> dict[SummaryKey, Queries]:
    """Rows of `principal_minutes` read back, by the minute they belong to."""
    kept: dict[SummaryKey, Queries] = {}
    for row in found:
        key = SummaryKey(row["model"], row["version"], "", int(row["minute_ns"]), row["baseline"])
        queries = kept.setdefault(key, Queries(int(row["turn"]), int(row["width"]), {}))
        queries.of[row["principal"]] = b64decode(row["queries"])
    return kept


def text_minute_rows(closes: Sequence[Close], shard: int, generation: int) -> pa.Table | None:
    """Rows of `text_minutes`; None if there were no texts."""
    items = [
        (key, summary.texts.turn, who, found)
        for close in closes
        for key, summary in close.summaries.items()
        for who, found in summary.texts.of.items()
    ]
    if not items:
        return None
    own = {
        "turn": [turn for _, turn, _, _ in items],
        "texts": [[_json.encode(row).decode() for row in found] for _, _, _, found in items],
    }
    whose = _whose([(key, who) for key, _, who, _ in items], shard, generation)
    return arrow(tables.TEXT_MINUTES, {**whose, **own})


def texts_of(found: Sequence[Mapping[str, Any]]) -> dict[SummaryKey, Texts]:
    """Rows of `text_minutes` read back, by the minute they belong to, principals in order."""
    kept: dict[SummaryKey, Texts] = {}
    for row in sorted(found, key=lambda row: str(row["principal"])):
        key = SummaryKey(row["model"], row["version"], "", int(row["minute_ns"]), row["baseline"])
        texts = kept.setdefault(key, Texts(int(row["turn"]), {}))
        texts.of[row["principal"]] = [msgspec.json.decode(text, type=TextRow) for text in row["texts"]]
    return kept


def summary_of(row: Mapping[str, Any]) -> tuple[SummaryKey, Summary]:
    """A row of `minutes` read back."""
    key = SummaryKey(row["model"], row["version"], row["segment"], int(row["minute_ns"]), row["baseline"])
    vectors = Vectors.of({name: np.array(counts, dtype=np.int64) for name, counts in row["vectors"].items()})
    principals = {name: [int(n) for n in counts] for name, counts in row["principals"].items()}
    sample = [msgspec.json.decode(text, type=SampleRow) for text in row["sample"]]
    labelled = [msgspec.json.decode(text, type=LabelRow) for text in row["labelled"]]
    predictions = {name: int(n) for name, n in row["predictions"].items()}
    return key, Summary(vectors, principals, predictions, sample, labelled=labelled)


def late_rows(late: Sequence[Late]) -> pa.Table:
    """Rows of `minutes_late`."""
    summaries = [replace(item.summary, sample=[], labelled=[]) for item in late]
    return arrow(
        tables.MINUTES_LATE,
        {
            "log_id": [item.source.log_id for item in late],
            "topic": [item.source.topic for item in late],
            "partition": [item.source.partition for item in late],
            "first": [item.first for item in late],
            "last": [item.last for item in late],
            **_keys([item.key for item in late]),
            **_counts(summaries),
        },
    )


def _series(series: Sequence[Series]) -> dict[str, Any]:
    names = ("model", "version", "metric", "feature", "principal", "segment")
    return {name: [getattr(s, name) for s in series] for name in names}


def _at(items: Sequence[Reading] | Sequence[Signal]) -> dict[str, Any]:
    at = [item.at_ns for item in items]
    numbers = {
        name: [getattr(i, name) for i in items] for name in ("n", "value", "expected", "p", "effect", "baseline")
    }
    return {**_series([item.series for item in items]), "at": at, "at_ns": at, **numbers}


def reading_rows(readings: Sequence[Reading], generation: int) -> pa.Table:
    """Rows of `readings`. Evidence goes with alerts; a reading keeps only what a chart needs."""
    return arrow(tables.READINGS, {**_at(readings), "detail": "", "generation": generation})


def signal_rows(signals: Sequence[Signal], generation: int) -> pa.Table:
    """Rows of `signals`."""
    names = ("rule", "detector", "verdict", "reason")
    own = {name: [getattr(s, name) for s in signals] for name in names}
    return arrow(tables.SIGNALS, {**own, **_at(signals), "generation": generation})


def notice_rows(notices: Sequence[Alert], known_ns: int, shard: int, generation: int) -> pa.Table:
    """Rows of `notices`: one per notice told and one per end of one."""
    own = {
        "early": [n.early for n in notices],
        "told_as": [n.told_as for n in notices],
        "known": known_ns,
        "shard": shard,
        "content": [encode(n).decode() for n in notices],
    }
    return arrow(tables.NOTICES, _alert_columns(notices, generation) | own)


def alert_rows(alerts: Sequence[Alert], generation: int) -> pa.Table:
    """Rows of `alerts`: one per transition."""
    return arrow(tables.ALERTS, _alert_columns(alerts, generation))


def _alert_columns(alerts: Sequence[Alert], generation: int) -> dict[str, Any]:
    plain = (
        "id",
        "level",
        "state",
        "rule",
        "family",
        "p",
        "effect",
        "n",
        "summary",
        "technique",
        "baseline",
        "rules_hash",
    )
    last = [alert.transitions[-1] for alert in alerts]
    return {
        **{name: [getattr(a, name) for a in alerts] for name in plain},
        **_series([a.series for a in alerts]),
        "transition": [len(a.transitions) - 1 for a in alerts],
        "at": [t.at_ns for t in last],
        "at_ns": [t.at_ns for t in last],
        "reason": [t.reason for t in last],
        "principals": [list(a.principals) for a in alerts],
        "first_seen": [a.first_seen_ns for a in alerts],
        "first_seen_ns": [a.first_seen_ns for a in alerts],
        "opened": [a.opened_ns for a in alerts],
        "resolved": [a.resolved_ns for a in alerts],
        "evidence": [_json.encode(a.evidence).decode() for a in alerts],
        "transitions": [_json.encode(a.transitions).decode() for a in alerts],
        "generation": generation,
    }


def profile_rows(profiles: Sequence[Profile], shard: int, generation: int) -> pa.Table:
    """Rows of `profiles`."""
    return arrow(
        tables.PROFILES,
        {
            "model": [p.model for p in profiles],
            "version": [p.version for p in profiles],
            "segment": [p.segment for p in profiles],
            "shard": shard,
            "at": [p.at_ns for p in profiles],
            "at_ns": [p.at_ns for p in profiles],
            "state": [p.state.decode() for p in profiles],
            "content_hash": [blake2b(p.state, digest_size=8).hexdigest() for p in profiles],
            "generation": generation,
        },
    )
