"""Feature objects whose names were met before, decoded straight to numbers; half the time of any dictionary.

Most models log the same numeric features in every record. Once a model version has done so `REPEATS` times in a row, a
decoder for exactly those names is made, and it reads the next ones. It refuses whatever is not exactly that (another
name, a null, a text, a boolean), and the caller reads such a record the general way: speed changes, results never do.
A batch in which all records have the same names is decoded in one go, features and all, which saves another third.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec

REPEATS = 8  # sightings before a decoder is made, which takes as long as reading a hundred records
WIDEST = 16_384  # characters of all names together; beyond it the general way is good enough, and memory is not free
MOST = 4096  # model versions and sets of names remembered; beyond it all are forgotten and met again

Decode = Callable[[bytes | msgspec.Raw], Any]
ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Numbers(msgspec.Struct, gc=False):
    """Base of all decoded feature objects: floats only, in the order they were first logged."""


_MISSING = msgspec.Raw(b"")


class Known:
    """Reads records of one Struct class that has a field `features`, by what was met of each (model, version)."""

    def __init__(self, record: type[msgspec.Struct]) -> None:
        self._record = record
        self._outline = _with_features(record, msgspec.Raw, _MISSING)
        self._whole: dict[type[Numbers], Decode] = {}  # records whose features are of that class
        self._decoders: dict[tuple[str, Any], Decode] = {}
        self._seen: dict[tuple[str, Any], tuple[tuple[str, ...], int]] = {}
        self._made: dict[tuple[str, ...], Decode | None] = {}

    def read_all(self, values: Sequence[bytes]) -> list[Any]:
        """What `read` gives for each; quickest where all have the names of the first."""
        result = [self.read(value) for value in values[:1]]
        kind = type(getattr(result[0], "features", None)) if result else None
        if kind is not None and issubclass(kind, Numbers):
            with suppress(*ERRORS):
                result.extend(map(self._decode_whole(kind), values[1:]))  # up to the first that is otherwise
        result.extend(map(self.read, values[len(result) :]))
        return result

    def _decode_whole(self, kind: type[Numbers]) -> Decode:
        if kind not in self._whole:
            if len(self._whole) >= MOST:
                self._whole = {}
            self._whole[kind] = _with_features(self._record, kind, None)
        return self._whole[kind]

    def read(self, value: bytes) -> Any:
        """A record with the fields of its class, `features` being `Numbers` or None; None if it is not such a one."""
        try:
            event = self._outline(value)
            given = event.features
            event.features = self._decoders[event.model, event.version](given) if given else None
        except (KeyError, *ERRORS):
            return None
        return event

    def meet(self, model: str, version: Any, features: dict[str, Any]) -> None:
        """A record was read the general way: remember its names, and make their decoder when they have repeated."""
        names, key = tuple(features), (model, version)
        if len(names) > 16 and sum(map(len, names)) > WIDEST:
            return
        before, times = self._seen.get(key, ((), 0))
        times = times + 1 if before == names else 1
        if len(self._seen) >= MOST:
            self._seen, self._decoders = {}, {}
        self._seen[key] = (names, times)
        if times % REPEATS == 0 and names and all(type(value) is float for value in features.values()):
            decode = self._decoder(names)
            if decode is not None:
                self._decoders[key] = decode

    def _decoder(self, names: tuple[str, ...]) -> Decode | None:
        if names not in self._made:
            if len(self._made) >= MOST:
                self._made = {}
            self._made[names] = _make(names)
        return self._made[names]


def _make(names: Sequence[str]) -> Decode | None:
    """None where msgspec cannot carry the names, such as one with a quotation mark."""
    fields = [f"f{i}" for i in range(len(names))]
    try:
        kind = msgspec.defstruct(
            "Numbers",
            [(field, float) for field in fields],
            bases=(Numbers,),
            rename=dict(zip(fields, names, strict=True)),
            forbid_unknown_fields=True,
            gc=False,
        )
    except ValueError:
        return None
    return msgspec.json.Decoder(kind).decode


def _with_features(record: type[msgspec.Struct], features: Any, default: Any) -> Decode:
    """The decoder of the record's class with features of this type."""
    fields: list[Any] = []
    for f in msgspec.structs.fields(record):
        given = () if f.required else (f.default,)
        fields.append(("features", features, default) if f.name == "features" else (f.name, f.type, *given))
    return msgspec.json.Decoder(msgspec.defstruct(record.__name__, fields, gc=False)).decode


def names_of(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The feature names of a decoded object's class, in the order of its values."""
    return kind.__struct_encode_fields__
