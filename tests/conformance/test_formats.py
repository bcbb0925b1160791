"""Every log format keeps its promises, and has its golden files: a sample, what is expected of it, broken records.

To accept a change on purpose: MIRQAB_TEST_GOLDEN=write pytest tests/conformance/test_formats.py, and read the diff.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import formats
from schemas.errors import SettingError
from schemas.events import EventBatch, RawRecord
from schemas.formats import Limits
from tests.support.traffic import SOURCE

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "formats"
SCALARS = ("ts_ns", "score", "latency_ms", "tokens_in", "tokens_out", "failed", "served_ts_ns")
TEXTS = ("model", "version", "principal", "id", "session", "segment", "status", "source_ip", "prediction")
MORE = ("label", "label_source", "prompt", "response")


def raw(lines: list[bytes]) -> list[RawRecord]:
    return [RawRecord(10 + i, line, None) for i, line in enumerate(lines)]


def plain(batch: EventBatch) -> list[dict[str, Any]]:
    """The batch as one dictionary per row, empty things left out."""
    rows: list[dict[str, Any]] = [{"offset": int(offset)} for offset in batch.offset]
    for i, row in enumerate(rows):
        for name in (*SCALARS, *TEXTS, *MORE):
            value = getattr(batch, name)[i]
            value = value.item() if isinstance(value, np.generic) else value
            if value is not None and value != "" and value == value:
                row[name] = value
        if batch.scores[i] is not None:
            row["scores"] = batch.scores[i]
    for layout in batch.layouts:
        for at, i in enumerate(layout.rows.tolist()):
            numbers = {n: None if v != v else v for n, v in zip(layout.num_names, layout.num[at].tolist(), strict=True)}
            rows[i]["features"] = numbers | {n: layout.cat[j][at] for j, n in enumerate(layout.cat_names)}
    return rows


@pytest.mark.parametrize("name", formats.names())
def test_golden(name: str) -> None:
    folder = GOLDEN / name
    assert folder.is_dir(), f"schemas/formats/{name}.py is new: add sample, expected and broken records to {folder}"
    sample = next(path for path in folder.iterdir() if path.stem == "sample").read_bytes().splitlines()
    batch = formats.load(name)(raw(sample), SOURCE, Limits())
    assert not batch.rejects
    shown = json.loads(json.dumps(plain(batch), allow_nan=True).replace("NaN", "null").replace("Infinity", '"inf"'))
    expected = folder / "expected.json"
    if os.environ.get("MIRQAB_TEST_GOLDEN") == "write":
        expected.write_text(json.dumps(shown, indent=1, sort_keys=True) + "\n")
    assert shown == json.loads(expected.read_text())


@pytest.mark.parametrize("name", formats.names())
def test_broken_records_are_rejected_with_a_reason_and_the_rest_is_read(name: str) -> None:
    folder = GOLDEN / name
    broken = next(path for path in folder.iterdir() if path.stem == "broken").read_bytes().splitlines()
    sample = next(path for path in folder.iterdir() if path.stem == "sample").read_bytes().splitlines()
    mixed = [line for pair in zip(broken, sample, strict=False) for line in pair]
    batch = formats.load(name)(raw(mixed), SOURCE, Limits())
    assert [r.offset for r in batch.rejects] == list(range(10, 10 + len(mixed), 2))
    assert all(r.reason and r.size and len(r.digest) == 32 and r.raw is None for r in batch.rejects)
    assert len(batch) == len(mixed) // 2


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = (
    *TEXTS,
    *MORE,
    "ts",
    "features",
    "feature_names",
    "scores",
    "score",
    "latency_ms",
    "tokens_in",
    "served_ts",
    "source",
)
odd_records = st.dictionaries(st.sampled_from(KEYS), anything, max_size=12).map(
    lambda values: json.dumps({"ts": 1.0, "model": "m", **values}).encode()
)


@pytest.mark.parametrize("name", formats.names())
@given(lines=st.lists(odd_records | st.binary(max_size=60), max_size=30), at=st.integers(0, 30))
def test_decoding_is_total_and_does_not_look_at_neighbours(name: str, lines: list[bytes], at: int) -> None:
    """Each record is a row or a reject, once; a batch cut in two decodes to the same."""
    decode, records = formats.load(name), raw(lines)
    batch = decode(records, SOURCE, Limits())
    assert sorted([*batch.offset.tolist(), *(r.offset for r in batch.rejects)]) == [r.offset for r in records]
    parts = [decode(part, SOURCE, Limits()) for part in (records[:at], records[at:])]
    assert repr(plain(batch)) == repr([row for part in parts for row in plain(part)])
    assert batch.rejects == [reject for part in parts for reject in part.rejects]


@pytest.mark.parametrize("name", formats.names())
def test_limits(name: str) -> None:
    line = b" " * 100
    batch = formats.load(name)(raw([line]), SOURCE, Limits(max_record_bytes=99, keep_raw_bytes=7))
    assert "larger than the limit of 99" in batch.rejects[0].reason
    assert batch.rejects[0].raw == b" " * 7


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(SettingError, match="unknown log format 'jsonlines'; did you mean json_lines"):
        formats.load("jsonlines")


@pytest.mark.parametrize(
    ("status", "failed"),
    [("ok", False), ("200", False), ("503", True), (404, True), ("Timeout", True), ("²²²", False), ("٤٠٤", False)],
)
def test_what_counts_as_failed(status: str | int, failed: bool) -> None:
    line = json.dumps({"ts": 1, "model": "m", "status": status}).encode()
    assert formats.load("json_lines")(raw([line]), SOURCE, Limits()).failed.tolist() == [failed]
