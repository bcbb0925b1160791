"""Columns to Arrow tables that fit a `schemas.tables.Table`, for every sink; and Arrow tables back to dictionaries.

Every column gets an explicit type, so that an empty table or a column of nothing but nulls inserts like any other.
It converts and checks; it neither writes nor judges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.errors import unknown
from schemas.tables import Table

_PLAIN = {
    "String": pa.string(),
    "UInt8": pa.uint8(),
    "UInt16": pa.uint16(),
    "UInt32": pa.uint32(),
    "UInt64": pa.uint64(),
    "Int64": pa.int64(),
    "Float32": pa.float32(),
    "Float64": pa.float64(),
    "DateTime64(3, 'UTC')": pa.timestamp("ms", "UTC"),
}
_MS = 1_000_000  # ns


def arrow_type(text: str) -> pa.DataType:
    """The Arrow type of a ClickHouse type as `schemas.tables` writes it. Raises ValueError for any other."""
    if text in _PLAIN:
        return _PLAIN[text]
    outer, _, inner = text.partition("(")
    inner = inner.removesuffix(")")
    if outer in ("Nullable", "LowCardinality"):
        return arrow_type(inner)
    if outer == "Array":
        return pa.list_(arrow_type(inner))
    if outer == "Map":
        key, _, value = inner.partition(", ")
        return pa.map_(arrow_type(key), arrow_type(value))
    raise ValueError(f"no Arrow type is known for the ClickHouse type {text}; add it to streams/rows.py")


def arrow_schema(table: Table) -> pa.Schema:
    """Names, types and whether nulls are allowed, in the order of the table."""
    return pa.schema([pa.field(c.name, arrow_type(c.type), c.type.startswith("Nullable")) for c in table.columns])


def arrow(table: Table, columns: Mapping[str, Any]) -> pa.Table:
    """One Arrow table from columns of equal length: lists, NumPy or Arrow arrays; a single value is repeated.

    - `DateTime64` takes ns UTC integers (cut to ms), NumPy datetimes or Arrow timestamps;
    - `Nullable` takes None, and NaN in floats, as null; elsewhere NaN stays NaN and None is an error;
    - `Array` takes a list per row (None is empty), a 2-D NumPy array of shape (rows, width), or `interleave(...)`;
    - `Map` takes a dict per row; keys are sorted, so that equal dicts give equal rows;
    - texts that are no UTF-8 may be given as bytes; dictionary-encoded Arrow texts stay encoded.

    Raises ValueError that names the table, the column and what would fit.
    """
    known = {c.name for c in table.columns}
    for name in columns:
        if name not in known:
            raise ValueError(f"{table.name}: {unknown('column', name, known)}")
    missing = [c.name for c in table.columns if c.name not in columns]
    if missing:
        raise ValueError(f"{table.name}: no values for column {', '.join(missing)}")
    rows = _rows(table, columns)
    arrays, fields = [], []
    for column, field in zip(table.columns, arrow_schema(table)):
        try:
            array = _array(columns[column.name], field, rows)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as e:
            raise ValueError(f"{table.name}.{column.name}: the values do not fit {column.type}: {e}") from e
        if array.null_count and not field.nullable:
            raise ValueError(f"{table.name}.{column.name}: {array.null_count} nulls; {column.type} cannot be null")
        arrays.append(array)
        fields.append(pa.field(field.name, array.type, field.nullable))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def interleave(columns: Sequence[Sequence[str]], rows: int) -> pa.Array:
    """Columns of texts, each `rows` long, to one list per row: what `events.cat` wants. Dictionary-encoded."""
    width = len(columns)
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * np.int32(width))
    flat = pa.chunked_array([pa.array(c, pa.string()) for c in columns], pa.string()).combine_chunks()
    if isinstance(flat, pa.ChunkedArray):
        flat = pa.concat_arrays(flat.chunks) if flat.num_chunks else pa.array([], pa.string())
    order = np.arange(width * rows).reshape(width, rows).T.ravel()
    return pa.ListArray.from_arrays(offsets, flat.dictionary_encode().take(pa.array(order)))


def records(rows: pa.Table) -> list[dict[str, Any]]:
    """Rows as dictionaries of plain values, as `to_pylist` would give them but several times faster.

    Null is None, NaN stays NaN, maps are dictionaries, times aware UTC datetimes.
    """
    columns = [_values(_whole(column)) for column in rows.columns]
    names = rows.column_names
    return [dict(zip(names, row)) for row in zip(*columns)]


def _values(array: pa.Array) -> list[Any]:
    kind = array.type
    if array.null_count and not pa.types.is_floating(kind):
        return list(array.to_pylist(maps_as_pydicts="strict"))
    if pa.types.is_dictionary(kind):
        words = array.dictionary.to_pylist()
        return [words[i] for i in array.indices.to_numpy().tolist()]
    if pa.types.is_list(kind):
        offsets = array.offsets.to_numpy().tolist()
        flat = _values(array.values.slice(offsets[0], offsets[-1] - offsets[0]))
        return [flat[a - offsets[0] : b - offsets[0]] for a, b in pairwise(offsets)]
    if pa.types.is_floating(kind):
        # Null would become NaN on the way through NumPy.
        numbers = array.fill_null(0.0).to_numpy().tolist()
        return [None if null else x for x, null in zip(numbers, array.is_null().to_numpy(zero_copy_only=False))]
    if pa.types.is_map(kind) or pa.types.is_timestamp(kind):
        return list(array.to_pylist(maps_as_pydicts="strict"))
    return list(array.to_numpy(zero_copy_only=False).tolist())


def _whole(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    column = column.unify_dictionaries()
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _single(values: Any) -> bool:
    return values is None or isinstance(values, (str, bytes, int, float, np.generic, Mapping))


def _rows(table: Table, columns: Mapping[str, Any]) -> int:
    lengths = {name: len(values) for name, values in columns.items() if not _single(values)}
    if len(set(lengths.values())) > 1:
        given = ", ".join(f"{name} {n}" for name, n in lengths.items())
        raise ValueError(f"{table.name}: columns must be equally long; got {given}")
    return next(iter(lengths.values()), 1)


def _array(values: Any, field: pa.Field, rows: int) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        values = _whole(values)
    if isinstance(values, pa.Array):
        return _from_arrow(values, field.type)
    if _single(values):
        return _repeated(_array([values], field, 1), rows)
    kind = field.type
    if pa.types.is_timestamp(kind):
        return _times(values, kind)
    if pa.types.is_list(kind):
        return _lists(values, kind)
    if pa.types.is_map(kind):
        return pa.array([sorted(v.items()) for v in values], kind)
    if pa.types.is_string(kind):
        return _texts(values)
    return pa.array(values, kind, from_pandas=field.nullable)


def _from_arrow(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Dictionary-encoded texts stay as they are: ClickHouse reads them as LowCardinality without hashing again."""
    given, wanted = values.type, kind
    if pa.types.is_list(given) and pa.types.is_list(wanted):
        given, wanted = given.value_type, wanted.value_type
    encoded = pa.types.is_dictionary(given) and given.value_type == wanted
    if encoded or (pa.types.is_string(kind) and pa.types.is_binary(values.type)):
        return values
    return values.cast(kind)


def _repeated(one: pa.Array, rows: int) -> pa.Array:
    if pa.types.is_string(one.type):
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), one)
    return one.take(pa.array(np.zeros(rows, np.int32)))


def _texts(values: Any) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowException, UnicodeError):
        # ClickHouse's String holds any bytes; lone surrogates and raw bytes must not stop the line.
        as_bytes = [v.encode("utf-8", "surrogatepass") if isinstance(v, str) else v for v in values]
        return pa.array(as_bytes, pa.binary())


def _times(values: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(values, np.ndarray) and values.dtype.kind in "iu":
        return pa.array((values // _MS).astype("datetime64[ms]"), pa.timestamp("ms")).cast(kind)
    if isinstance(values, np.ndarray):
        return pa.array(values.astype("datetime64[ms]"), pa.timestamp("ms")).cast(kind)
    return pa.array([None if v is None else int(v) // _MS for v in values], pa.int64()).cast(kind)


def _lists(values: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(values, np.ndarray) and values.ndim == 2:
        rows, width = values.shape
        offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * np.int32(width))
        return pa.ListArray.from_arrays(offsets, pa.array(values.reshape(-1), kind.value_type))
    return pa.array([() if v is None else v for v in values], kind)
