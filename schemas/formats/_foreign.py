"""Records of other systems mapped to plain log records: what every format but `json_lines` is made of.

A format says in `PLACES` where it finds a column, in `COMPUTED` what it makes of several fields, and gives
`read(piece, notes)`, which makes a plain record of one inference; where a record may hold several,
`split(record, notes)` takes it to pieces. `decoder(read, split)` turns that into a total function on bytes: an
inference that is wrong, or a record without any, makes a Reject of the record; what else the record holds is kept.
Fields that nobody reads are counted by name in `EventBatch.unknown_keys`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from schemas.events import OTHER, EventBatch, RawRecord, Reject, Source
from schemas.formats import Decode, Limits
from schemas.formats._bare import bare
from schemas.formats._batch import columns, reject
from schemas.formats._json import loaded
from schemas.formats._record import Bad, Record, checked

MOST_EVENTS = 4096  # of one record
SHAPE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
ODD = "it is not shaped as records of this format are"
MOST_NAMES, LONGEST_NAME = 1000, 80  # of fields that are not read


class Notes:
    """What a format says of a record beside its events. `stamp` is the broker's time, seconds; None without one."""

    def __init__(self, unused: Counter[str]) -> None:
        self._unused = unused
        self.stamp: float | None = None
        self.wrong: list[str] = []
        self.ignored = ""

    def unused(self, name: str) -> None:
        """A field that is not read."""
        name = name[:LONGEST_NAME]
        self._unused[name if name in self._unused or len(self._unused) < MOST_NAMES else OTHER] += 1

    def other(self, what: str) -> None:
        """Part of the record that is no inference, which is not wrong as long as something else in it is one."""
        self.unused(what)
        self.ignored = what

    def time(self) -> float:
        """The broker's time, for records that have none of their own. Raises Bad where there is none either."""
        if self.stamp is None:
            raise Bad("it has no time of its own, and there is no broker's")
        return self.stamp


Read = Callable[[Any, Notes], dict[str, Any]]
Split = Callable[[Any, Notes], Iterable[Any]]


def whole(record: Any, notes: Notes) -> Iterable[Any]:
    """A record that is one inference. Raises Bad unless it is an object."""
    if not isinstance(record, dict):
        raise Bad("a record must be a JSON object")
    return (record,)


def decoder(read: Read, split: Split = whole) -> Decode:
    """The `decode` of a format."""

    def decode(records: Sequence[RawRecord], source: Source, limits: Limits) -> EventBatch:
        gathered = Gathered(limits)
        for raw in records:
            gathered.take(raw, read, split)
        return gathered.batch(source)

    return decode


class Gathered:
    """Records on their way to a batch: plain records with their places, and Rejects."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.unused: Counter[str] = Counter()
        self._kept: list[RawRecord] = []
        self._events: list[Record] = []
        self._seconds: list[float] = []
        self._parts: list[int] = []
        self._rejects: list[Reject] = []

    def add(self, raw: RawRecord, event: Record, seconds: float, part: int = 0) -> None:
        """One event of a record."""
        self._kept.append(raw)
        self._events.append(event)
        self._seconds.append(seconds)
        self._parts.append(part)

    def refuse(self, raw: RawRecord, reason: str) -> None:
        """What of a record, or all of it, could not be read."""
        self._rejects.append(reject(raw, reason, self.limits))

    def take(self, raw: RawRecord, read: Read, split: Split) -> None:
        """A record of a format: its events, and a Reject if anything was wrong with it."""
        notes = Notes(self.unused)
        notes.stamp = None if raw.timestamp_ns is None else raw.timestamp_ns / 1e9
        before, part = len(self._events), -1
        try:
            if len(raw.value) > self.limits.max_record_bytes:
                most = self.limits.max_record_bytes
                raise Bad(f"record of {len(raw.value)} bytes is larger than the limit of {most}")
            for part, piece in enumerate(split(loaded(raw.value), notes)):
                if part >= MOST_EVENTS:
                    raise Bad(f"holds more than {MOST_EVENTS} inferences; the rest is not read")
                try:
                    given = {name: value for name, value in read(piece, notes).items() if value is not None}
                    event = msgspec.convert(given, Record)
                    self.add(raw, event, checked(event), part)
                except (msgspec.ValidationError, OverflowError) as e:
                    notes.wrong.append(f"wrong type: {e}")
                except Bad as e:
                    notes.wrong.append(str(e))
        except Bad as e:
            notes.wrong.append(str(e))
        except RecursionError:
            notes.wrong.append("it is nested too deeply")
        except SHAPE as e:  # a format has overlooked something; one record must never stop the line
            notes.wrong.append(f"{ODD}: {e}")
        if part < 0 and not notes.wrong:
            notes.wrong.append(f"no inference in it, only {notes.ignored}" if notes.ignored else "no inference in it")
        if notes.wrong:
            self.refuse(raw, _reason(notes, len(self._events) - before))

    def batch(self, source: Source) -> EventBatch:
        """Everything as columns."""
        batch = columns(self._kept, self._events, self._seconds, self._rejects, source, self.limits)
        if any(self._parts):
            alone = bare(self._events)  # labels are no rows
            batch.part = np.array([part for i, part in enumerate(self._parts) if i not in alone], dtype=np.int64)
        batch.unknown_keys = dict(self.unused)
        return batch


def _reason(notes: Notes, read: int) -> str:
    more = f" (and {len(notes.wrong) - 1} more)" if len(notes.wrong) > 1 else ""
    return notes.wrong[0] + more + (f"; {read} other events of this record were read" if read else "")


class Places:
    """Columns of the plain record, and where a format keeps them: the first place that holds a value counts.

    A place is a dotted path into nested objects; where records are `flat`, as a span's attributes are, it is a key as
    it stands. `read` names the paths (where flat: how keys begin) that the format reads by other means.
    """

    def __init__(self, table: Mapping[str, tuple[str, ...]], read: tuple[str, ...] = (), *, flat: bool = False) -> None:
        self.table, self.flat, self.read = table, flat, read
        self._paths = {
            column: [(place,) if flat else tuple(place.split(".")) for place in places]
            for column, places in table.items()
        }
        known = {path for paths in self._paths.values() for path in paths} | {
            tuple(p.split(".")) for p in read if not flat
        }
        self._known = known
        self._inner = {path[:n] for path in known for n in range(1, len(path))} - known

    def take(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The columns that this record fills."""
        found: dict[str, Any] = {}
        for column, paths in self._paths.items():
            for path in paths:
                value = dig(record, path)
                if value is not None and value != "":
                    found[column] = value
                    break
        return found

    def note_unused(self, record: Mapping[str, Any], notes: Notes, above: tuple[str, ...] = ()) -> None:
        """Count the fields that hold something and are not read."""
        for key, value in record.items():
            path = (*above, key)
            if path in self._known or value is None or value == "":
                continue
            if self.flat and key.startswith(self.read):
                continue
            if path in self._inner and isinstance(value, dict):
                self.note_unused(value, notes, path)
            else:
                notes.unused(".".join(path))


def dig(record: Any, path: Iterable[str]) -> Any:
    """What lies at the end of a path of keys; None where it leads nowhere."""
    for key in path:
        if not isinstance(record, dict):
            return None
        record = record.get(key)
    return record


def segment_of(model: Any, served: Any = None, **values: Any) -> dict[str, str]:
    """Those of the values that are texts, as a segment; and `served`, where another model answered than was asked.

    That is no version: a failed answer names no such model, and would be judged apart from the good ones.
    """
    values["served"] = served if served != model else None
    return {name: value for name, value in values.items() if isinstance(value, str) and value}


def number(value: Any) -> float | None:
    """A number, also where it was written as a text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
