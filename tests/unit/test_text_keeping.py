"""What is kept of texts where settings lack what it needs."""

from __future__ import annotations

import asyncio
import json

import pytest

from schemas.events import RawRecord
from schemas.formats import Limits
from schemas.formats.json_lines import decode
from schemas.sections import Privacy
from streams.sinks.memory import MemoryStore
from streams.textkeeping import TextKeeper
from tests.support.traffic import SOURCE


@pytest.mark.parametrize(("key", "hashes", "said"), [("", False, 1), ("k", True, 0)])
def test_hashes_without_a_key_are_said_to_be_none_once_the_first_text_has_come(
    key: str, hashes: bool, said: int, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = TextKeeper(Privacy(key=key), MemoryStore(), clock=lambda: 0)

    async def keep(**fields: str) -> list[str]:
        value = json.dumps({"ts": 1_750_000_000, "model": "m", **fields}).encode()
        rows = await keeper.rows(decode([RawRecord(0, value, None)], SOURCE, Limits()))
        return [] if rows is None else rows["prompt_hash"].to_pylist()

    assert asyncio.run(keep()) == []
    assert caplog.messages == []
    for _ in range(2):
        (stored,) = asyncio.run(keep(prompt="hello"))
        assert bool(stored) is hashes
    assert [message.startswith("privacy.key is empty") for message in caplog.messages] == [True] * said
