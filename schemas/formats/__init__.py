"""Log formats, a module each: `decode(records, source, limits) -> EventBatch`. A module's name is the setting's value.

A decoder is a total function on bytes: whatever comes in, every record is either a row of the batch or a `Reject`
with a reason. To add a format is to add a file here and its golden files under `tests/golden/formats/<name>/`; with
`recognise(keys)`, which looks at the keys of one record, `auto` finds it, and no other format may recognise the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

from schemas.errors import SettingError, unknown
from schemas.events import EventBatch, RawRecord, Source


@dataclass(frozen=True, slots=True)
class Limits:
    """What a record may be at most; beyond it is rejected with a reason."""

    max_record_bytes: int = 1_048_576
    future_ns: int = 300_000_000_000
    keep_raw_bytes: int = 0


Decode = Callable[[Sequence[RawRecord], Source, Limits], EventBatch]


def names() -> list[str]:
    """Every known format."""
    return sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_"))


def load(name: str) -> Decode:
    """The decoder of a format. Raises SettingError that names the known ones."""
    if name not in names():
        raise SettingError(unknown("log format", name, names()))
    decode: Decode = import_module(f"schemas.formats.{name}").decode
    return decode
