"""Feature objects to columns: rows with the same features become one `Layout`.

Whether a value is numeric or categorical depends on that value alone (a number or a boolean, against a text), never on
its neighbours, so a batch may be cut anywhere. A null is a missing number.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from schemas.events import Floats, Layout


def layouts(features: Sequence[dict[str, Any]]) -> list[Layout]:
    """Group rows by feature names and kinds; layouts are in order of first appearance."""
    by_keys: dict[tuple[str, ...], list[int]] = {}
    for row, values in enumerate(features):
        by_keys.setdefault(tuple(values), []).append(row)
    merged: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Layout]] = {}
    for keys, rows in by_keys.items():
        for part in _group(keys, rows, features):
            merged.setdefault((part.num_names, part.cat_names), []).append(part)
    return [_join(parts) for parts in merged.values()]


def _group(keys: tuple[str, ...], rows: list[int], features: Sequence[dict[str, Any]]) -> list[Layout]:
    """Rows that share their keys: the all-numeric case at full speed, anything else by kinds."""
    try:
        flat = array("d", chain.from_iterable(features[row].values() for row in rows))
    except (TypeError, OverflowError):
        return _by_kinds(keys, rows, features)
    matrix = np.frombuffer(flat, dtype=np.float64).reshape(len(rows), len(keys)) if keys else np.empty((len(rows), 0))
    order = sorted(range(len(keys)), key=keys.__getitem__)
    if order != list(range(len(keys))):
        matrix = np.ascontiguousarray(matrix[:, order])
    return [Layout(tuple(sorted(keys)), (), np.array(rows, dtype=np.int64), finite(matrix), ())]


def _by_kinds(keys: tuple[str, ...], rows: list[int], features: Sequence[dict[str, Any]]) -> list[Layout]:
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
