"""Instances, predictions and tensors of serving protocols (KServe V1 and V2) as features, predictions and scores."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from schemas.formats._foreign import MOST_EVENTS, Notes
from schemas.formats._record import MAX_FEATURES, Bad

TEXTS = ("text", "prompt", "input", "query")  # fields of an instance that are prose
Scalar = (bool, int, float, str)


def rows_of(tensors: list[Any]) -> Iterator[dict[str, Any]]:
    """Tensors as rows along their first dimension, one dictionary a row; a tensor wider than one value gives a list.

    Raises Bad for tensors that do not fit together.
    """
    columns: dict[str, list[Any]] = {}
    for tensor in tensors:
        name, shape = (tensor.get("name"), tensor.get("shape")) if isinstance(tensor, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(shape, list) or not all(type(size) is int for size in shape):
            raise Bad("a tensor has no name, or its shape is no list of whole numbers")
        if not isinstance(tensor.get("data"), list):
            raise Bad(f"tensor {name[:80]!r} has no data in JSON; binary tensors are not read")
        flat = list(_flat(tensor["data"]))
        if any(size < 0 for size in shape) or prod(shape) != len(flat):
            raise Bad(f"tensor {name[:80]!r} has {len(flat)} values, and its shape wants {prod(shape)}")
        rows = shape[0] if shape else 1
        width = len(flat) // rows if rows else 0
        columns[name] = flat if width == 1 else [flat[at * width : (at + 1) * width] for at in range(rows)]
    counts = {len(values) for values in columns.values()}
    if len(counts) != 1:
        raise Bad(f"tensors have {' and '.join(map(str, sorted(counts))) or 'no'} rows; one number is wanted")
    for at in range(min(counts.pop(), MOST_EVENTS + 1)):
        yield {name: values[at] for name, values in columns.items()}


def _flat(data: list[Any]) -> Iterator[Any]:
    for value in data:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value


def features_of(instance: Any, notes: Notes) -> dict[str, Any]:
    """`features` or `prompt` of one instance."""
    if isinstance(instance, str):
        return {"prompt": instance}
    given = instance if isinstance(instance, dict) else {"": instance}
    features: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, str) and name.lower() in TEXTS:
            found["prompt"] = value
        elif isinstance(value, list):
            flat = list(_flat(value))
            digits = max(2, len(str(len(flat) - 1)))
            features.update((f"{name or 'f'}{'_' if name else ''}{i:0{digits}d}", each) for i, each in enumerate(flat))
        else:
            features[name or "f00"] = value
    if len(features) > MAX_FEATURES or not all(
        value is None or isinstance(value, Scalar) for value in features.values()
    ):
        notes.unused(f"instances of more than {MAX_FEATURES} values, or of values that are no scalars")
        return found
    return found | ({"features": features} if features else {})


def outcome_of(prediction: Any, notes: Notes) -> dict[str, Any]:
    """`prediction`, `score` or `scores` of one answer; of named values the first that is one of each."""
    found: dict[str, Any] = {}
    for name, value in prediction.items() if isinstance(prediction, dict) else (("", prediction),):
        while isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, (bool, int, str)):
            kind = "prediction"
        elif isinstance(value, float):
            kind = "score"
        elif isinstance(value, list) and value and all(type(each) in (int, float) for each in value):
            kind = "scores"
        else:
            kind = ""
        if kind and kind not in found:
            found[kind] = value
        else:
            notes.unused(f"output {name}".strip())
    return found
