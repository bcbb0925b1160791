"""Logs of other systems through the line: named or recognised, several events a record, one format per topic."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas import formats
from schemas.errors import SettingError
from schemas.events import RawRecord, row_hash
from schemas.formats import Limits
from schemas.formats._chat import asked
from schemas.settings import Settings, load_settings
from schemas.topicinfo import TopicInfo
from streams.cli import main
from streams.pipeline import Line
from streams.placing import key_of
from streams.sinks.memory import MemoryStore
from tests.support.traffic import RULES, SOURCE

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "formats"


def sample(name: str) -> list[bytes]:
    return (GOLDEN / name / "sample.jsonl").read_bytes().splitlines()


def stored(settings: Settings, *feeds: tuple[str, list[bytes]]) -> MemoryStore:
    """What the line stores of these topics; every record is fed twice, as after a kill."""
    store = MemoryStore()
    line = Line(settings, RULES, store, clock=lambda: 1_800_000_000 * 10**9)
    given = []
    for topic, lines in feeds:
        records = [RawRecord(i, value, None) for i, value in enumerate(lines)]
        given += [(SOURCE._replace(topic=topic), records)] * 2
    asyncio.run(line.run(given, [(topic, 0) for topic, _ in feeds]))
    return store


def test_every_event_of_a_record_is_stored_once() -> None:
    export = json.loads(sample("otel_genai")[0])
    spans = export["resourceSpans"][0]["scopeSpans"][0]["spans"]
    spans[:] = [spans[0]] * 5  # the same model at the same moment: only their place tells them apart
    store = stored(Settings().with_format("otel_genai"), ("t", [json.dumps(export).encode()]))
    assert [(row["offset"], row["part"]) for row in store.rows("events")] == [(0, part) for part in range(5)]
    assert len(store.rows("event_text")) == 5


def test_what_can_be_read_of_a_record_is_stored_and_the_rest_is_a_reject() -> None:
    export = json.loads(sample("otel_genai")[0])
    export["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["endTimeUnixNano"] = "soon"
    store = stored(Settings().with_format("otel_genai"), ("t", [json.dumps(export).encode()]))
    (event,), (reject,) = store.rows("events"), store.rows("rejects")
    assert event["status"] == "ThrottlingException"
    assert reject["reason"] == "a span has no endTimeUnixNano; 1 other events of this record were read"


def test_events_of_one_record_are_different_rows_of_a_sample() -> None:
    batch = formats.load("kserve")([RawRecord(4, sample("kserve")[0], None)], SOURCE, Limits())
    assert len(set(row_hash("t", 0, batch.offset, batch.part).tolist())) == 2
    alone = row_hash("t", 0, batch.offset[:1])
    assert row_hash("t", 0, batch.offset[:1], batch.part[:1] if batch.part is not None else None) == alone


def test_each_topic_has_its_own_format() -> None:
    settings = replace(Settings(), topics={"otlp_*": TopicInfo("otel_genai")})
    plain = b'{"ts": 1732360000, "model": "plain"}'
    store = stored(settings, ("otlp_spans", sample("otel_genai")), ("inference", [plain]))
    assert {row["topic"]: row["model"] for row in store.rows("events")}["inference"] == "plain"
    assert {row["model"] for row in store.rows("events") if row["topic"] == "otlp_spans"} >= {"gpt-4", "gpt-4o"}
    assert store.rows("rejects") == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('[topics.x]\nformat = "otel_gen"', "unknown log format 'otel_gen'; did you mean otel_genai"),
        ("[topics.x]\nformats = 1", "unknown key in \\[topics.'x'\\] 'formats'; did you mean format"),
        ("topics = 3", r"\[topics\] must hold tables"),
        ("[topics.x]", "missing required field `format`"),
    ],
)
def test_settings_of_topics_that_are_wrong_are_told(tmp_path: Path, text: str, wrong: str) -> None:
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(SettingError, match=wrong):
        load_settings(tmp_path / "m.toml", {})


def test_replay_says_what_it_recognised_and_what_it_did_not_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with gzip.open(tmp_path / "mixed.jsonl.gz", "wb") as file:
        file.write(b"\n".join(sample("auto")))
    assert main(["replay", "--format", "auto", str(tmp_path / "mixed.jsonl.gz"), "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["events"] == 10
    assert "recognised: openai (2 records), " in err
    assert "not used: " in err
    assert "gen_ai.provider.name (1)" in err or "more" in err


def test_a_log_of_another_format_is_pointed_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.jsonl").write_bytes(b"\n".join(sample("bedrock")))
    assert main(["replay", str(tmp_path / "x.jsonl")]) == 1
    assert "no event could be read; is it another format? --format auto tells" in capsys.readouterr().err
    assert main(["replay", "--format", "bedrok", str(tmp_path / "x.jsonl")]) == 1
    assert "--format: unknown log format 'bedrok'; did you mean bedrock" in capsys.readouterr().err


def test_a_baseline_is_learnt_from_another_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = json.loads(sample("litellm")[0])
    rows = [
        record | {"endTime": 1732360000 + 20 * i, "startTime": 1732359999 + 20 * i, "id": str(i)} for i in range(400)
    ]
    (tmp_path / "week.jsonl").write_text("\n".join(map(json.dumps, rows)))
    given = ["baseline", "set", "--format", "auto", "--from", str(tmp_path / "week.jsonl")]
    assert main([*given, "--output", str(tmp_path / "b.jsonl"), "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["baselines"][0]["model"] == "helpdesk"
    assert "recognised: litellm (400 records)" in err


def test_a_record_goes_where_its_model_goes() -> None:
    assert key_of(sample("litellm")[0], "litellm") == b"helpdesk" == key_of(sample("litellm")[0], "auto")
    assert key_of(sample("otel_genai")[0], "auto") == b"gpt-4"
    assert key_of(b"{}", "auto") is None
    assert key_of(b'{"ts": 1, "model": "m"}', "auto") == b"m" == key_of(b'{"model": "m"}')


TURN = [
    {"role": "system", "content": "Be kind"},
    {"role": "user", "content": "one"},
    {"role": "assistant", "content": "a"},
]


@pytest.mark.parametrize(
    ("messages", "new"),
    [
        ([*TURN, {"role": "user", "content": "two"}], "two"),
        ([*TURN, {"role": "user", "content": "two"}, {"role": "assistant", "content": "Sure, here"}], "two"),
        (
            [*TURN, {"role": "tool", "content": "42"}, {"role": "user", "content": [{"type": "text", "text": "x"}]}],
            "42\n\nx",
        ),
        (TURN[:1], None),
        ([{"type": "human", "content": "hi"}], "hi"),
        ([{"role": ["odd"], "content": {"text": {"text": ["deep"]}}}], "deep"),
    ],
)
def test_what_is_new_in_a_conversation(messages: list[dict[str, Any]], new: str | None) -> None:
    assert asked(messages) == new


def test_plain_records_are_read_as_such_whatever_stands_beside_them() -> None:
    label = b'{"ts": 1732360000, "model": "m", "id": "r", "label": 1}'
    odd = b'{"ts": 1732360000, "model": "m", "category": "c", "resourceId": "r", "properties": {}, "score": NaN}'
    decode = formats.load("auto")
    lines = [odd, label, sample("otel_genai")[0], label, odd]
    batch = decode([RawRecord(i, line, None) for i, line in enumerate(lines)], SOURCE, Limits())
    assert batch.rejects == []
    assert batch.part is not None
    assert list(zip(batch.offset.tolist(), batch.part.tolist(), strict=True)) == [(0, 0), (2, 0), (2, 1), (4, 0)]
    assert [one.offset for one in batch.labels] == [1, 3]
    assert batch.formats == {"json_lines": 4, "otel_genai": 1}
    alone = decode([RawRecord(0, odd, None)], SOURCE, Limits())
    assert (alone.model, alone.formats) == (["m"], {"json_lines": 1})


def test_a_record_may_not_hold_endless_events() -> None:
    body = {"instances": [[1.0]] * 5000}
    record = json.loads(sample("kserve")[0]) | {"data": body}
    batch = formats.load("kserve")([RawRecord(0, json.dumps(record).encode(), None)], SOURCE, Limits())
    assert len(batch) == 4096
    assert "holds more than 4096 inferences" in batch.rejects[0].reason


@pytest.mark.parametrize(
    "hostile", [lambda: "[" * 100_000, lambda: '{"resourceSpans":' + "[" * 5000 + "]" * 5000 + "}"]
)
@pytest.mark.parametrize("name", formats.names())
def test_depth_is_no_way_to_stop_the_line(name: str, hostile: Callable[[], str]) -> None:
    assert len(formats.load(name)([RawRecord(0, hostile().encode(), None)], SOURCE, Limits()).rejects) == 1
