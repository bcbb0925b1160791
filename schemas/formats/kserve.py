"""KServe's inference logger: CloudEvents in structured mode (one JSON object); bodies of V1, V2 or OpenAI's form.

Request and response come as two records with the same id, perhaps on different partitions, and nothing here joins
records. The answer counts as the inference: a response is an event of the model `<inferenceservice>`, with prediction
and score, and labels find it by its id. A request is an event of the model `<inferenceservice>:request`, with features
or prompt. So inputs and outputs are watched, each under its name, but not together: no attack on the model, no latency
and no failed answer is seen, because a response is logged only when it is good. A body with several instances is as
many events, with ids `<id>#0`, `<id>#1`, ...

Not read: binary mode, whose attributes are in Kafka's headers (Knative's KafkaSink needs `contentMode: structured`),
binary tensors, and instances of more than 512 values, which become events without features.
Source: https://kserve.github.io/website/docs/model-serving/predictive-inference/logger
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from schemas.formats._bodies import finish, request_text, response_text, tokens
from schemas.formats._foreign import Notes, Places, decoder, segment_of
from schemas.formats._json import loaded
from schemas.formats._record import Bad
from schemas.formats._tensors import features_of, outcome_of, rows_of

TYPES = {
    "org.kubeflow.serving.inference.request": "request",
    "org.kubeflow.serving.inference.response": "response",
}
HEADERS = ("x-user-id", "x-consumer-id", "x-forwarded-user", "x-principal")
PLACES = Places(
    {
        "ts": ("time",),
        "model": ("inferenceservicename",),
        "id": ("id",),
    },
    ("component", "data", "data_base64", "datacontenttype", "endpoint", "metadata", "namespace", "specversion", "type"),
)
COMPUTED = {
    "model": "with `:request` behind it for a request; without the extension, the last part of `source`",
    "version": "`model_version` of a V2 response",
    "id": "with `#` and its place where a body has several instances",
    "principal": "a request header among `metadata`: " + ", ".join(f"`{name}`" for name in HEADERS),
    "segment": "`namespace`, `endpoint`, `component`; `served`, the `model` of an answer in OpenAI's form",
    "features": "`instances` (V1), `inputs` (V2) of a request",
    "prediction": "`predictions` (V1), `outputs` (V2) of a response: a text, whole number or boolean; a finish reason",
    "score": "a response's single number with a fraction",
    "scores": "a response's several numbers",
    "prompt": "what was asked newly; an instance that is a text",
    "response": "an answer in OpenAI's form",
    "tokens_in": "`usage` of an answer in OpenAI's form",
    "tokens_out": "`usage` of an answer in OpenAI's form",
}


def recognise(keys: Mapping[str, msgspec.Raw]) -> bool:
    """A CloudEvent of KServe's types."""
    kind = bytes(keys.get("type", b"")).strip(b'"').decode("utf-8", "replace")
    return "specversion" in keys and kind in TYPES


def split(record: Any, notes: Notes) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """What each inference of a body says of itself, with the CloudEvent around it."""
    if not isinstance(record, dict) or "specversion" not in record:
        raise Bad("no CloudEvent: `specversion` is missing; the sink needs content mode structured")
    kind = TYPES.get(str(record.get("type")))
    if kind is None:
        raise Bad(f"a CloudEvent of type {str(record.get('type'))[:80]!r}, not of KServe's inference logger")
    body = _body(record)
    if not isinstance(body, dict):
        raise Bad("the body is no JSON object")
    PLACES.note_unused(record, notes)
    rows = list(_rows(body, kind, notes))
    for place, row in enumerate(rows):
        yield record, row | ({"id": f"{record.get('id')}#{place}"} if len(rows) > 1 else {})


def _body(record: dict[str, Any]) -> Any:
    if "data_base64" in record:
        try:
            return loaded(base64.b64decode(str(record["data_base64"]), validate=True))
        except (binascii.Error, ValueError) as e:
            raise Bad("data_base64 is no base64") from e
    data = record.get("data")
    return loaded(data) if isinstance(data, str) else data


def _rows(body: dict[str, Any], kind: str, notes: Notes) -> Iterator[dict[str, Any]]:
    """One dictionary per inference of a body, whichever protocol it follows."""
    if kind == "request" and isinstance(body.get("instances"), list):
        yield from (features_of(instance, notes) for instance in body["instances"])
    elif kind == "response" and isinstance(body.get("predictions"), list):
        yield from (outcome_of(prediction, notes) for prediction in body["predictions"])
    elif kind == "request" and isinstance(body.get("inputs"), list) and _are_tensors(body["inputs"]):
        yield from (features_of(row, notes) for row in rows_of(body["inputs"]))
    elif kind == "response" and isinstance(body.get("outputs"), list):
        version = body.get("model_version")
        yield from (outcome_of(row, notes) | {"version": version} for row in rows_of(body["outputs"]))
    elif kind == "request":
        yield {"prompt": request_text(body)}
    else:
        answer = {"response": response_text(body), "prediction": finish(body), "served": body.get("model")}
        yield answer | tokens(body)


def _are_tensors(inputs: list[Any]) -> bool:
    """Whether these are V2's tensors, and not the texts of an embeddings request."""
    return bool(inputs) and isinstance(inputs[0], dict) and "shape" in inputs[0]


def read(piece: tuple[dict[str, Any], dict[str, Any]], notes: Notes) -> dict[str, Any]:
    """One inference as a plain record."""
    record, row = piece
    event = PLACES.take(record)
    if "ts" not in event:
        event["ts"] = notes.time()
    event.setdefault("model", str(record.get("source") or "").rstrip("/").rpartition("/")[2])
    if not event["model"]:
        raise Bad("neither inferenceservicename nor source names the model")
    if TYPES[record["type"]] == "request":
        event["model"] = f"{event['model']}:request"
    event["principal"] = _principal(record.get("metadata"))
    about = {name: record.get(name) for name in ("namespace", "endpoint", "component")}
    event["segment"] = segment_of(event["model"], row.pop("served", None), **about)
    return event | row


def _principal(metadata: Any) -> str | None:
    """A header that names who asked, among those that the logger was told to write down."""
    if isinstance(metadata, str):
        try:
            metadata = loaded(metadata)
        except Bad:
            return None
    if not isinstance(metadata, dict):
        return None
    given = {key.lower(): value for key, value in metadata.items()}
    for name in HEADERS:
        value = given.get(name)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, str) and value:
            return value
    return None


decode = decoder(read, split)
