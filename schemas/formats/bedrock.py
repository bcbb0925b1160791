"""AWS Bedrock's model invocation log, as it lies in S3 or CloudWatch: one JSON object per call.

Bodies of InvokeModel and Converse are read, streamed ones too. A body over 100 kB lies apart in S3 and is not here: the
event is there, without its text. The log has no times of answers; latency is known only where Converse gives it.
Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from schemas.formats._bodies import finish, request_text, response_text, system_text
from schemas.formats._foreign import Notes, Places, decoder, dig, segment_of
from schemas.formats._record import Bad

PLACES = Places(
    {
        "ts": ("timestamp",),
        "principal": ("identity.arn",),
        "id": ("requestId",),
        "status": ("errorCode", "status"),
        "session": ("requestMetadata.sessionId", "requestMetadata.session_id"),
        "latency_ms": ("output.outputBodyJson.metrics.latencyMs",),
        "tokens_in": ("input.inputTokenCount",),
        "tokens_out": ("output.outputTokenCount",),
    },
    ("input.inputBodyJson", "modelId", "operation", "output.outputBodyJson", "region", "schemaType"),
)
COMPUTED = {
    "model": "`modelId`; of an ARN what follows the last slash",
    "segment": "`operation` and `region`",
    "prompt": "what was asked newly, of `input.inputBodyJson`",
    "system": "the application's instructions: `system` and messages of that role, of `input.inputBodyJson`",
    "response": "`output.outputBodyJson`; pieces of a stream put together",
    "prediction": "the stop reason of `output.outputBodyJson`",
}


def recognise(keys: Mapping[str, msgspec.Raw]) -> bool:
    """What the log calls itself, or its own names."""
    named = bytes(keys.get("schemaType", b"")) == b'"ModelInvocationLog"'
    return named or {"modelId", "accountId", "input"} <= set(keys)


def read(record: dict[str, Any], notes: Notes) -> dict[str, Any]:
    """One call as a plain record."""
    event = PLACES.take(record)
    model = record.get("modelId")
    if not isinstance(model, str) or not model:
        raise Bad("no modelId, which every record of the model invocation log has")
    if "ts" not in event:
        raise Bad("no timestamp, which every record of the model invocation log has")
    event["model"] = model.rpartition("/")[2] if model.startswith("arn:") else model
    event["segment"] = segment_of(model, operation=record.get("operation"), region=record.get("region"))
    answer = dig(record, ("output", "outputBodyJson"))
    event["prompt"] = request_text(dig(record, ("input", "inputBodyJson")))
    event["system"] = system_text(dig(record, ("input", "inputBodyJson")))
    event["response"], event["prediction"] = response_text(answer), finish(answer)
    PLACES.note_unused(record, notes)
    return event


decode = decoder(read)
