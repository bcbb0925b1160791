"""What is kept of texts where settings lack what it needs, and where more principals speak than keys are held."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import pytest

from schemas.events import EventBatch, RawRecord
from schemas.formats import Limits
from schemas.formats.json_lines import decode
from schemas.sections import Privacy
from streams import textkeeping
from streams.sinks.memory import MemoryStore
from streams.textkeeping import TextKeeper
from tests.support.traffic import SOURCE


def batch(*rows: dict[str, str]) -> EventBatch:
    values = (json.dumps({"ts": 1_750_000_000, "model": "m", **row}).encode() for row in rows)
    return decode([RawRecord(i, value, None) for i, value in enumerate(values)], SOURCE, Limits())


@pytest.mark.parametrize(("key", "hashes", "said"), [("", False, 1), ("k", True, 0)])
def test_hashes_without_a_key_are_said_to_be_none_once_the_first_text_has_come(
    key: str, hashes: bool, said: int, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = TextKeeper(Privacy(key=key), MemoryStore(), clock=lambda: 0)

    async def keep(**fields: str) -> list[str]:
        rows = await keeper.rows(batch(fields))
        return [] if rows is None else rows["prompt_hash"].to_pylist()

    assert asyncio.run(keep()) == []
    assert caplog.messages == []
    for _ in range(2):
        (stored,) = asyncio.run(keep(prompt="hello"))
        assert bool(stored) is hashes
    assert [message.startswith("privacy.key is empty") for message in caplog.messages] == [True] * said


class Far(MemoryStore):
    """Others go on while an answer is waited for."""

    async def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Any:
        await asyncio.sleep(0)
        return await super().query(sql, parameters)


async def test_a_partition_that_waits_for_keys_keeps_those_that_another_one_had_no_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(textkeeping, "MOST", 3)
    privacy = Privacy(text="encrypted", master_key=b64encode(bytes(32)).decode())
    keeper = TextKeeper(privacy, Far(), clock=lambda: 0)

    async def keys(*names: str) -> int:
        kept = await keeper.rows(batch(*({"principal": name, "prompt": "hello"} for name in names)))
        return 0 if kept is None else len(set(kept["key"].to_pylist()))

    assert await keys("ada") == 1
    assert tuple(await asyncio.gather(keys("ada", "ben"), keys("cy", "dee", "eve"))) == (2, 3)
    assert len(keeper.known) <= 3
