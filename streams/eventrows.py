"""What was observed of a batch as Arrow rows: events, feature sets, rejects, texts. Converts only."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa

from monitors.observe import Observed
from schemas.events import EventBatch, Floats, Ints, Layout, Source
from schemas.settings import Privacy
from schemas.tables import EVENT_TEXT, EVENTS, FEATURE_SETS, REJECTS
from streams.rows import arrow, interleave
from streams.sealing import DataKey

NAMES_MAX = np.iinfo(np.uint32).max


def source_columns(source: Source) -> dict[str, Any]:
    """The identity columns every table of records begins with."""
    return {"log_id": source.log_id, "topic": source.topic, "partition": source.partition}


def event_rows(batch: EventBatch, seen: Observed) -> pa.Table:
    """Rows of `events`; what was judged is what is stored."""
    num, cat, feature_set = _features(batch)
    return arrow(
        EVENTS,
        {
            **source_columns(batch.source),
            "offset": batch.offset,
            "part": 0 if batch.part is None else batch.part,
            "ts": batch.ts_ns,
            "model": _coded(batch.model),
            "version": _coded(batch.version),
            "principal": batch.principal,
            "id": batch.id,
            "session": batch.session,
            "segment": _coded(batch.segment),
            "status": _coded(batch.status),
            "source_ip": batch.source_ip,
            "prediction": _coded(batch.prediction),
            "score": batch.score,
            "scores": _scores(batch.scores),
            "latency_ms": batch.latency_ms,
            "tokens_in": _counts(batch.tokens_in),
            "tokens_out": _counts(batch.tokens_out),
            "feature_set": feature_set,
            "num": num,
            "cat": cat,
            "label": _coded(batch.label),
            "baseline": _coded(seen.baseline),
            "anomaly": pa.array(seen.anomaly.astype(np.float32), from_pandas=True),
            "flags": seen.flags,
            **_text_columns(seen, len(batch)),
        },
    )


def _text_columns(seen: Observed, n: int) -> dict[str, Any]:
    """What was seen of texts."""
    if seen.texts is None:
        nothing = pa.ListArray.from_arrays(np.zeros(n + 1, np.int32), pa.array([], pa.string()))
        return {"text_score": pa.nulls(n, pa.float32()), "asked": nothing, "told": nothing}
    kinds = [seen.texts.kinds(i) for i in range(n)]
    score = pa.array(seen.texts.score.astype(np.float32), from_pandas=True)
    return {"text_score": score, "asked": [asked for asked, _ in kinds], "told": [told for _, told in kinds]}


def _coded(values: Sequence[str]) -> pa.Array:
    """Few different texts, dictionary-encoded: faster here and in ClickHouse."""
    if values and values.count(values[0]) == len(values):
        return pa.DictionaryArray.from_arrays(np.zeros(len(values), np.int32), pa.array([values[0]], pa.string()))
    return pa.array(values, pa.string()).dictionary_encode()


def _scores(scores: Sequence[list[float] | None]) -> list[Any]:
    if not any(scores):
        return [()] * len(scores)
    return [() if s is None else [np.nan if v is None else v for v in s] for s in scores]


def _counts(values: Floats) -> pa.Array:
    """Token counts as whole numbers; what is negative or absurd is absent."""
    with np.errstate(invalid="ignore"):
        bad = ~((values >= 0) & (values <= NAMES_MAX))
    return pa.array(np.where(bad, 0, values).astype(np.uint32), mask=bad)


def _features(batch: EventBatch) -> tuple[Any, Any, Any]:
    """`num`, `cat` and `feature_set` of every row; one layout, the usual case, needs no shuffling."""
    n = len(batch)
    if len(batch.layouts) == 1:
        layout = batch.layouts[0]
        return layout.num, interleave(layout.cat, n), np.full(n, layout.id, dtype=np.uint64)
    feature_set = np.zeros(n, dtype=np.uint64)
    for layout in batch.layouts:
        feature_set[layout.rows] = layout.id
    num = _lists(batch.layouts, n, [pa.array(layout.num.reshape(-1)) for layout in batch.layouts], "num_names")
    texts = [interleave(layout.cat, len(layout.rows)).flatten().dictionary_decode() for layout in batch.layouts]
    return num, _lists(batch.layouts, n, texts, "cat_names"), feature_set


def _lists(layouts: Sequence[Layout], n: int, flat: list[pa.Array], names: str) -> pa.Array:
    """Lists of different lengths in the order of rows, taken from the layouts' flat values."""
    width: Ints = np.zeros(n, dtype=np.int64)
    start: Ints = np.zeros(n, dtype=np.int64)
    base = 0
    for layout in layouts:
        columns = len(getattr(layout, names))
        width[layout.rows] = columns
        start[layout.rows] = base + np.arange(len(layout.rows)) * columns
        base += columns * len(layout.rows)
    offsets = np.concatenate(([0], np.cumsum(width)))
    take = np.repeat(start - offsets[:-1], width) + np.arange(offsets[-1])
    values = pa.concat_arrays(flat).take(pa.array(take)) if flat else pa.array([], pa.float64())
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values)


def feature_set_rows(layouts: Sequence[Layout]) -> pa.Table:
    """Rows of `feature_sets`."""
    return arrow(
        FEATURE_SETS,
        {
            "id": np.array([layout.id for layout in layouts], dtype=np.uint64),
            "num_names": [layout.num_names for layout in layouts],
            "cat_names": [layout.cat_names for layout in layouts],
        },
    )


def reject_rows(batch: EventBatch, at_ns: dict[int, int]) -> pa.Table:
    """Rows of `rejects`; `at_ns` gives the broker's timestamp by offset."""
    rejects = batch.rejects
    return arrow(
        REJECTS,
        {
            **source_columns(batch.source),
            "offset": np.array([r.offset for r in rejects], dtype=np.int64),
            "at": np.array([at_ns[r.offset] for r in rejects], dtype=np.int64),
            "reason": [r.reason for r in rejects],
            "size": np.array([r.size for r in rejects], dtype=np.uint64),
            "digest": [r.digest for r in rejects],
            "raw": [(r.raw or b"").decode("utf-8", "replace") for r in rejects],
        },
    )


def text_rows(batch: EventBatch, privacy: Privacy, keys: Mapping[str, DataKey] | None = None) -> pa.Table | None:
    """Rows of `event_text` for events that carried text; None if there are none or settings keep none.

    With `keys`, by principal, texts are sealed.
    """
    rows = [i for i in range(len(batch)) if batch.prompt[i] is not None or batch.response[i] is not None]
    if not rows or privacy.text == "none":
        return None
    plain = privacy.text == "plain"
    prompts, responses = [batch.prompt[i] for i in rows], [batch.response[i] for i in rows]
    return arrow(
        EVENT_TEXT,
        {
            **source_columns(batch.source),
            "offset": batch.offset[rows],
            "part": 0 if batch.part is None else batch.part[rows],
            "ts": batch.ts_ns[rows],
            "model": [batch.model[i] for i in rows],
            "prompt_hash": [keyed_hash(text, privacy.key) for text in prompts],
            "response_hash": [keyed_hash(text, privacy.key) for text in responses],
            "prompt_chars": np.array([-1 if t is None else len(t) for t in prompts], dtype=np.int64),
            "response_chars": np.array([-1 if t is None else len(t) for t in responses], dtype=np.int64),
            "key": ["" if keys is None else keys[batch.principal[i]].id for i in rows],
            "prompt": _kept(batch, rows, "prompt", plain, keys),
            "response": _kept(batch, rows, "response", plain, keys),
        },
    )


def _kept(
    batch: EventBatch, rows: Sequence[int], name: str, plain: bool, keys: Mapping[str, DataKey] | None
) -> list[str]:
    """One column of texts as it is stored."""
    texts: list[str | None] = getattr(batch, name)
    if keys is None:
        return [(texts[i] or "") if plain else "" for i in rows]
    parts = np.zeros(len(batch), dtype=np.int64) if batch.part is None else batch.part
    offsets = batch.offset
    places = (place(batch.source, int(offsets[i]), int(parts[i]), name) for i in rows)
    sealed = zip(rows, places, strict=True)
    return ["" if texts[i] is None else keys[batch.principal[i]].seal(texts[i] or "", where) for i, where in sealed]


def place(source: Source, offset: int, part: int, name: str) -> str:
    """Where a sealed text belongs: it opens nowhere else."""
    return f"{source.log_id}/{source.topic}/{source.partition}/{offset}/{part}/{name}"


def keyed_hash(text: str | None, key: str) -> str:
    """HMAC-BLAKE2 of a text; "" without a text or a key, since an unkeyed hash of a short text can be guessed."""
    if text is None or not key:
        return ""
    return hmac.new(key.encode(), text.encode(), partial(blake2b, digest_size=16)).hexdigest()


def pseudonymise(batch: EventBatch, key: str) -> None:
    """Replace principals and source addresses with keyed hashes, in place, before anything else sees them."""
    known: dict[str, str] = {"": ""}
    for column in (batch.principal, batch.source_ip):
        for i, name in enumerate(column):
            if name not in known:
                known[name] = pseudonym(name, key)
            column[i] = known[name]


def pseudonym(name: str, key: str) -> str:
    """What stands for a principal or address; only whoever has the key can say of a name whether it is the one."""
    return f"p-{keyed_hash(name, key)[:16]}"
