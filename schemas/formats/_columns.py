"""Decoded values to columns; of features, rows with the same ones become one `Layout`.

Whether a value is numeric or categorical depends on that value alone (a number or a boolean, against a text), never on
its neighbours, so a batch may be cut anywhere. A null is a missing number.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import chain
from math import isfinite
from typing import Any

import numpy as np
from msgspec.structs import astuple

from schemas.events import Floats, Layout
from schemas.formats._known import Numbers, names_of


def layouts(features: Sequence[Any]) -> list[Layout]:
    """Group rows, dictionaries or `Numbers`, by feature names and kinds; layouts in order of their first row."""
    return merged(
        part
        for kind, rows in _by_kind(features).items()
        for part in (_decoded(kind, rows, features) if isinstance(kind, type) else _group(kind, rows, features))
    )


def merged(parts: Iterable[Layout]) -> list[Layout]:
    """One layout for each set of names, in order of their first row."""
    same: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Layout]] = {}
    for part in parts:
        same.setdefault((part.num_names, part.cat_names), []).append(part)
    return sorted((_join(alike) for alike in same.values()), key=lambda layout: int(layout.rows[0]))


def _by_kind(features: Sequence[Any]) -> dict[Any, Sequence[int]]:
    """Rows by their names (dictionaries) or their class (`Numbers`); one class for all is the usual case."""
    if len(kinds := set(map(type, features))) == 1 and issubclass(kind := kinds.pop(), Numbers):
        return {kind: range(len(features))}
    result: dict[Any, list[int]] = {}
    for row, values in enumerate(features):
        result.setdefault(tuple(values) if type(values) is dict else type(values), []).append(row)
    return dict(result)


def _decoded(kind: type[Numbers], rows: Sequence[int], features: Sequence[Any]) -> list[Layout]:
    chosen = features if len(rows) == len(features) else [features[row] for row in rows]
    names = names_of(kind)
    values = chain.from_iterable(map(astuple, chosen))
    return [_numeric(names, rows, np.fromiter(values, np.float64, len(rows) * len(names)))]


def _group(keys: tuple[str, ...], rows: Sequence[int], features: Sequence[dict[str, Any]]) -> list[Layout]:
    """Rows that share their keys: the all-numeric case at full speed, anything else by kinds."""
    try:
        flat = np.asarray(array("d", chain.from_iterable(features[row].values() for row in rows)))
    except (TypeError, OverflowError):
        return _by_kinds(keys, rows, features)
    return [_numeric(keys, rows, flat)]


def _numeric(keys: tuple[str, ...], rows: Sequence[int], flat: Floats) -> Layout:
    matrix = flat.reshape(len(rows), len(keys))
    order = sorted(range(len(keys)), key=keys.__getitem__)
    if order != list(range(len(keys))):
        matrix = np.ascontiguousarray(matrix[:, order])
    return Layout(tuple(sorted(keys)), (), np.array(rows, dtype=np.int64), finite(matrix), ())


def _by_kinds(keys: tuple[str, ...], rows: Sequence[int], features: Sequence[dict[str, Any]]) -> list[Layout]:
    kinds: dict[tuple[bool, ...], list[int]] = {}
    for row in rows:
        kinds.setdefault(tuple(type(value) is str for value in features[row].values()), []).append(row)
    result = []
    for kind, members in kinds.items():
        num = sorted(key for key, is_text in zip(keys, kind, strict=True) if not is_text)
        cat = sorted(key for key, is_text in zip(keys, kind, strict=True) if is_text)
        matrix = np.empty((len(members), len(num)))
        for column, name in enumerate(num):
            matrix[:, column] = [_number(features[row][name]) for row in members]
        texts = tuple([features[row][name] for row in members] for name in cat)
        result.append(Layout(tuple(num), tuple(cat), np.array(members, dtype=np.int64), finite(matrix), texts))
    return result


def _number(value: float | None) -> float:
    try:
        return np.nan if value is None else float(value)
    except OverflowError:
        return np.nan


def finite(values: Floats) -> Floats:
    """Infinities are missing numbers, like NaN: no count or score may ever see one."""
    bad = ~np.isfinite(values)
    if bad.any():
        values = values.copy()
        values[bad] = np.nan
    return values


def _join(parts: list[Layout]) -> Layout:
    if len(parts) == 1:
        return parts[0]
    rows = np.concatenate([part.rows for part in parts])
    order = np.argsort(rows, kind="stable")
    num = np.concatenate([part.num for part in parts])[order]
    cat = []
    for column in range(len(parts[0].cat_names)):
        texts = list(chain.from_iterable(part.cat[column] for part in parts))
        cat.append([texts[i] for i in order])
    return Layout(parts[0].num_names, parts[0].cat_names, rows[order], num, tuple(cat))


def first(values: Sequence[Any], others: Sequence[Any]) -> Sequence[Any]:
    """Each row's value, or where there is none the other's."""
    absent = values.count(None)
    if absent == len(values):
        return others
    return [o if v is None else v for v, o in zip(values, others, strict=True)] if absent else values


def scores(score: Sequence[float | None], scores: Sequence[list[float | None] | None]) -> Floats:
    """Per row `score` as given, else the positive class of two, or the top class of several."""
    if not any(scores):
        return numbers(score)
    return numbers([_score(*given) for given in zip(score, scores, strict=True)])


def _score(score: float | None, scores: list[float | None] | None) -> float | None:
    if score is not None and isfinite(score):
        return score
    if scores is not None and len(scores) == 2:
        return scores[1]
    return max((value for value in scores or () if value is not None and isfinite(value)), default=None)


def numbers(values: Sequence[float | None]) -> Floats:
    """A column of numbers; None and infinities are missing."""
    absent = values.count(None)
    if absent == len(values):
        return np.full(len(values), np.nan)
    if absent:
        values = [np.nan if v is None else v for v in values]
    return finite(np.array(values, dtype=np.float64))


FAILED_WORDS = frozenset({"error", "failed", "failure", "timeout", "rejected", "unavailable", "exception"})

FAILED_ENDS = ("Error", "Exception")  # names of errors as programs write them: ThrottlingException


def failed(status: str | int | None) -> bool:
    """Whether a status says that the model did not answer properly."""
    if status is None:
        return False
    if isinstance(status, int):
        return status >= 400
    # Only these ten digits: other scripts have digits that `int` refuses.
    if len(status) == 3 and status.isascii() and status.isdigit():
        return int(status) >= 400
    return status.lower() in FAILED_WORDS or status.endswith(FAILED_ENDS)
