"""Every log format keeps its promises, and has its golden files: a sample, what is expected of it, broken records.

`expected.json` holds the rows of the sample, `reasons.json` why each broken record is refused.

To accept a change on purpose: MIRQAB_TEST_GOLDEN=write pytest tests/conformance/test_formats.py, and read the diff.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import formats
from schemas.errors import SettingError
from schemas.events import EventBatch, RawRecord
from schemas.formats import Limits
from schemas.formats._foreign import ODD
from tests.support.traffic import SOURCE

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "formats"
SCALARS = ("ts_ns", "score", "latency_ms", "tokens_in", "tokens_out", "failed", "served_ts_ns")
TEXTS = ("model", "version", "principal", "id", "session", "segment", "status", "source_ip", "prediction")
MORE = ("label", "label_source", "prompt", "response", "artifact_hash", "system")


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
        if batch.part is not None and batch.part[i]:
            row["part"] = int(batch.part[i])
    for layout in batch.layouts:
        for at, i in enumerate(layout.rows.tolist()):
            numbers = {n: None if v != v else v for n, v in zip(layout.num_names, layout.num[at].tolist(), strict=True)}
            rows[i]["features"] = numbers | {n: layout.cat[j][at] for j, n in enumerate(layout.cat_names)}
    return rows


@pytest.mark.parametrize("name", formats.names())
def test_golden(name: str) -> None:
    folder = GOLDEN / name
    assert folder.is_dir(), f"schemas/formats/{name}.py is new: add sample, expected and broken records to {folder}"
    batch = formats.load(name)(raw(lines_of(name, "sample")), SOURCE, Limits())
    assert not batch.rejects
    shown = json.loads(json.dumps(plain(batch), allow_nan=True).replace("NaN", "null").replace("Infinity", '"inf"'))
    as_accepted(folder / "expected.json", shown)


def lines_of(name: str, stem: str) -> list[bytes]:
    """The lines of one golden file."""
    return next(path for path in (GOLDEN / name).iterdir() if path.stem == stem).read_bytes().splitlines()


def as_accepted(path: Path, shown: Any) -> None:
    if os.environ.get("MIRQAB_TEST_GOLDEN") == "write":
        path.write_text(json.dumps(shown, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    assert shown == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", formats.names())
def test_broken_records_are_rejected_with_a_reason_and_the_rest_is_read(name: str) -> None:
    broken, sample = lines_of(name, "broken"), lines_of(name, "sample")
    mixed = [line for pair in zip(broken, sample, strict=False) for line in pair]
    batch = formats.load(name)(raw(mixed), SOURCE, Limits())
    assert [r.offset for r in batch.rejects] == list(range(10, 10 + len(mixed), 2))
    assert all(r.reason and r.size and len(r.digest) == 32 and r.raw is None for r in batch.rejects)
    assert set(batch.offset.tolist()) == set(range(11, 11 + len(mixed), 2))
    alone = formats.load(name)(raw(broken), SOURCE, Limits())
    as_accepted(GOLDEN / name / "reasons.json", [r.reason for r in alone.rejects])


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


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        yield from places(inner, (*path, key))


def damaged(record: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The record with something else in one place; a text of JSON may be cut there."""
    if not path:
        return value
    copy = dict(record) if isinstance(record, dict) else list(record)
    copy[path[0]] = damaged(copy[path[0]], path[1:], value)
    return copy


@st.composite
def damaged_records(draw: st.DrawFn, name: str) -> bytes:
    record = json.loads(draw(st.sampled_from(lines_of(name, "sample"))))
    for _ in range(draw(st.integers(1, 2))):
        record = damaged(record, draw(st.sampled_from(list(places(record)))), draw(anything))
    return json.dumps(record).encode()


@pytest.mark.parametrize("name", formats.names())
@given(data=st.data(), at=st.integers(0, 12))
def test_decoding_is_total_and_does_not_look_at_neighbours(name: str, data: st.DataObject, at: int) -> None:
    """Each record is rows, a reject, or rows and a reject of the rest; a batch cut in two decodes to the same."""
    lines = data.draw(st.lists(damaged_records(name) | odd_records | st.binary(max_size=60), max_size=12))
    decode, records = formats.load(name), raw(lines)
    batch = decode(records, SOURCE, Limits())
    rejected = [r.offset for r in batch.rejects]
    assert rejected == sorted(set(rejected))
    assert not [r.reason for r in batch.rejects if ODD in r.reason]  # the net, in which nothing should be caught
    known = [*batch.offset.tolist(), *rejected, *(label.offset for label in batch.labels)]
    assert set(known) == {r.offset for r in records}
    parts = [0] * len(batch) if batch.part is None else batch.part.tolist()
    identities = list(zip(batch.offset.tolist(), parts, strict=True))
    assert identities == sorted(set(identities))
    halves = [decode(part, SOURCE, Limits()) for part in (records[:at], records[at:])]
    assert repr(plain(batch)) == repr([row for half in halves for row in plain(half)])
    assert batch.rejects == [reject for half in halves for reject in half.rejects]


FOREIGN = [name for name in formats.names() if name not in ("json_lines", "auto")]


@pytest.mark.parametrize("name", [*FOREIGN, "json_lines"])
def test_a_format_recognises_its_own_records_and_nobody_elses(name: str) -> None:
    """By `auto`: every record of the sample is taken for this format, so reading it that way gives the same rows."""
    records = raw(lines_of(name, "sample"))
    found = formats.load("auto")(records, SOURCE, Limits())
    assert found.formats == {name: len(records)}
    first = raw(lines_of("azure" if name == "json_lines" else "json_lines", "sample"))[:1]
    mixed = formats.load("auto")([first[0]._replace(offset=1), *records], SOURCE, Limits())
    assert repr([row for row in plain(mixed) if row["offset"] >= 10]) == repr(plain(found))
    others = [import_module(f"schemas.formats.{other}") for other in (*FOREIGN, "json_lines") if other != name]
    claims = [other for other in others if not getattr(other, "LAST", False)]
    for line in lines_of(name, "sample"):
        keys = msgspec.json.decode(line, type=dict[str, msgspec.Raw]) if b"NaN" not in line else {}
        assert [other.__name__ for other in claims if other.recognise(keys)] == []
    assert repr(plain(found)) == repr(plain(formats.load(name)(records, SOURCE, Limits())))


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_said_of_a_format_is_what_it_fills(name: str) -> None:
    """The reference page is made of PLACES and COMPUTED: every column that the sample fills is there, and no other."""
    module = import_module(f"schemas.formats.{name}")
    rows = json.loads((GOLDEN / name / "expected.json").read_text(encoding="utf-8"))
    odd = {"offset", "part", "failed", "served_ts_ns"}
    filled = {column for row in rows for column, value in row.items() if value not in ({}, []) and column not in odd}
    filled = {"ts" if column == "ts_ns" else column for column in filled}
    said = {*module.PLACES.table, *module.COMPUTED}
    assert filled - {"score"} == said - {"score"}


@pytest.mark.parametrize("name", FOREIGN)
def test_fields_that_are_not_read_are_counted(name: str) -> None:
    batch = formats.load(name)(raw(lines_of(name, "sample")), SOURCE, Limits())
    assert batch.unknown_keys
    many = json.dumps({f"k{i}": 1 for i in range(5000)}).encode()
    assert len(formats.load(name)(raw([many]), SOURCE, Limits()).unknown_keys) <= 1001


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
