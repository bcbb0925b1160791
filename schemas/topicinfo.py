"""What settings say of topics: [topics."genai-*"], matched by name; the first pattern that fits counts."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas.errors import SettingError, unknown
from schemas.formats import names


class TopicInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What settings say of the topics (or log files, by their name without ending) whose names match a pattern."""

    format: str


def read_topics(table: Any, where: str) -> dict[str, TopicInfo]:
    """The patterns in the order of the file. Raises SettingError that names the file and key."""
    if not isinstance(table, dict):
        raise SettingError(f'{where}: [topics] must hold tables like [topics."genai"]')
    result = {}
    for pattern, info in table.items():
        for key in info if isinstance(info, dict) else ():
            if key not in TopicInfo.__struct_fields__:
                text = unknown(f"key in [topics.{pattern!r}]", key, TopicInfo.__struct_fields__)
                raise SettingError(f"{where}: {text}")
        try:
            result[pattern] = msgspec.convert(info, TopicInfo)
        except msgspec.ValidationError as e:
            raise SettingError(f"{where}: topics.{pattern}: {e}; got {info!r}") from e
        if result[pattern].format not in names():
            text = unknown("log format", result[pattern].format, names())
            raise SettingError(f"{where}: topics.{pattern}: {text}")
    return result
