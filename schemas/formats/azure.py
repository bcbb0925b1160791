"""Azure's resource logs of language models as an Event Hub hands them on: `{"records": [...]}`, or one record a line.

Two categories are read: `RequestResponse` of Azure OpenAI (who, which deployment, how long; it has no text and no
tokens) and `GatewayLlmLogs` of API Management (messages and tokens; it has no caller). They are not joined, though both
have a correlation id: where both are logged, send one of them only. API Management splits long messages over several
records with a sequence number; each becomes an event of its own with the same id. Upper and lower case are one.
Sources: https://learn.microsoft.com/azure/api-management/api-management-howto-llm-logs and
https://learn.microsoft.com/azure/ai-services/openai/how-to/monitor-openai
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from schemas.formats._bodies import request_text, response_text, system_text
from schemas.formats._foreign import Notes, Places, decoder, dig, number, segment_of
from schemas.formats._json import loaded, unfolded
from schemas.formats._record import Bad

CATEGORIES = ("RequestResponse", "GatewayLlmLogs")
PLACES = Places(
    {
        "ts": ("time", "timegenerated"),
        "model": ("properties.modeldeploymentname", "properties.deploymentname", "properties.modelname"),
        "version": ("properties.modelversion",),
        "principal": ("properties.objectid",),
        "id": ("correlationid", "properties.correlationid", "properties.requestid"),
        "status": ("resultsignature", "properties.responsecode"),
        "source_ip": ("calleripaddress",),
        "latency_ms": ("durationms",),
        "tokens_in": ("properties.prompttokens",),
        "tokens_out": ("properties.completiontokens",),
    },
    (
        "category", "operationname", "properties.requestlength", "properties.requestmessages",
        "properties.responselength", "properties.responsemessages",
    ),
)  # fmt: skip
COMPUTED = {
    "features": "`request_length` and `response_length`, from the `properties`",
    "segment": "`operation`, from `operationName`",
    "prompt": "what was asked newly, of `properties.requestMessages`",
    "system": "the application's instructions, of `properties.requestMessages`",
    "response": "`properties.responseMessages`",
}


def recognise(keys: Mapping[str, msgspec.Raw]) -> bool:
    """A batch of records, or one of a category that is read."""
    names = {key.lower() for key in keys}
    one = {"category", "resourceid", "properties"} <= names
    return one or (set(keys) == {"records"})


def split(record: Any, notes: Notes) -> Iterator[dict[str, Any]]:
    """The records of a batch that are of a category that is read, their names in lower case."""
    held = record.get("records", [record]) if isinstance(record, dict) else record
    if not isinstance(held, list):
        raise Bad("`records` must be an array")
    for one in held:
        if not isinstance(one, dict):
            raise Bad("a record must be an object")
        lower = {key.lower(): value for key, value in one.items()}
        category = lower.get("category")
        if isinstance(category, str) and category.removeprefix("Microsoft.") in CATEGORIES:
            yield lower
        else:
            notes.other(f"records of category {category}")


def read(record: dict[str, Any], notes: Notes) -> dict[str, Any]:
    """One resource log as a plain record."""
    inner = record.get("properties")
    inner = loaded(inner) if isinstance(inner, str) else inner
    if not isinstance(inner, dict):
        raise Bad("properties is neither an object nor JSON of one")
    record = record | {"properties": {key.lower(): value for key, value in inner.items()}}
    event = PLACES.take(record)
    for name in ("ts", "model"):
        if name not in event:
            raise Bad(f"no {' or '.join(PLACES.table[name])} in a record of category {record['category']}")
    for name in ("latency_ms", "tokens_in", "tokens_out"):
        event[name] = number(event.get(name))
    sizes = {
        "request_length": number(dig(record, ("properties", "requestlength"))),
        "response_length": number(dig(record, ("properties", "responselength"))),
    }
    event["features"] = {name: value for name, value in sizes.items() if value is not None} or None
    event["segment"] = segment_of(event["model"], operation=record.get("operationname"))
    event["prompt"] = request_text(unfolded(dig(record, ("properties", "requestmessages"))))
    event["system"] = system_text(unfolded(dig(record, ("properties", "requestmessages"))))
    event["response"] = response_text(unfolded(dig(record, ("properties", "responsemessages"))))
    PLACES.note_unused(record, notes)
    return event


decode = decoder(read, split)
