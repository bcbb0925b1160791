"""LiteLLM's standard logging payload, as its proxy hands it to a callback for every call, good or failed.

One record is one call. Prompts and answers are there unless `turn_off_message_logging` is set; then only the text
monitors have nothing to read.
Source: https://docs.litellm.ai/docs/proxy/logging_spec
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from schemas.formats._bodies import finish, request_text, response_text, system_text
from schemas.formats._foreign import Notes, Places, decoder, dig, number, segment_of
from schemas.formats._record import Bad

PLACES = Places(
    {
        "ts": ("endTime",),
        "model": ("model_group", "model"),
        "principal": (
            "end_user",
            "metadata.user_api_key_user_id",
            "metadata.user_api_key_alias",
            "metadata.user_api_key_hash",
        ),
        "session": ("session_id", "trace_id"),
        "id": ("id",),
        "source_ip": ("requester_ip_address", "metadata.requester_ip_address"),
        "tokens_in": ("prompt_tokens",),
        "tokens_out": ("completion_tokens",),
    },
    ("call_type", "messages", "metadata.user_api_key_team_alias", "response", "startTime", "status"),
)
COMPUTED = {
    "latency_ms": "`endTime` minus `startTime`",
    "status": "`error_information.error_code` where `status` is failure, else `status`",
    "segment": "`operation`, `team` and `served`, from `call_type`, `metadata.user_api_key_team_alias` and `model`",
    "prompt": "what was asked newly, of `messages`",
    "system": "the application's instructions, of `messages`",
    "response": "`response`, all choices of it",
    "prediction": "the finish reason of `response`",
}
ERROR = ("error_information", "error_code")


def recognise(keys: Mapping[str, msgspec.Raw]) -> bool:
    """The payload's own names."""
    return {"call_type", "startTime", "endTime"} <= set(keys)


def read(record: dict[str, Any], notes: Notes) -> dict[str, Any]:
    """One call as a plain record."""
    event = PLACES.take(record)
    for name in ("ts", "model"):
        if name not in event:
            raise Bad(f"no {' or '.join(PLACES.table[name])}, which LiteLLM's standard logging payload has")
    start, end = number(record.get("startTime")), number(record.get("endTime"))
    event["latency_ms"] = (end - start) * 1000 if start is not None and end is not None else None
    status = record.get("status")
    event["status"] = (dig(record, ERROR) or "failure") if status == "failure" else status
    event["segment"] = segment_of(
        event["model"],
        record.get("model"),
        operation=record.get("call_type"),
        team=dig(record, ("metadata", "user_api_key_team_alias")),
    )
    event["prompt"] = request_text(record.get("messages"))
    event["system"] = system_text(record.get("messages"))
    event["response"], event["prediction"] = response_text(record.get("response")), finish(record.get("response"))
    PLACES.note_unused(record, notes)
    return event


decode = decoder(read)
