"""The fields of the plain log record. Their meanings are typed here, and a test holds them complete."""

from __future__ import annotations

import re
from typing import get_type_hints

from docs.markdown import cell, code, document, grid
from schemas.formats import names as format_names
from schemas.formats._record import MAX_FEATURES, Record
from schemas.values import MAX_NAME

FIELDS = {
    "ts": "when the model answered: seconds since 1970, or ISO 8601 (UTC if no zone is given); required",
    "model": "the model's name; required",
    "version": "the model's version; each version has its own baseline",
    "artifact_hash": "hash of the model's file, such as its SHA-256; a version whose hash changes is an alert",
    "principal": "who asked: a client, a branch, an account",
    "id": "the request's id; labels that arrive later are joined by model and id",
    "request_id": "read as `id` where there is no `id`",
    "session": "the session's id",
    "features": "the input: an object of name to number, text, true/false or null, or an array of values",
    "feature_names": "names for `features` where that is an array; without them f00, f01, …",
    "scores": "class probabilities; of two the second is the score, of several the largest",
    "score": "probability of the positive class; goes before `scores`",
    "prediction": "what the model answered",
    "latency_ms": "how long the answer took, milliseconds",
    "prompt": "the text asked; kept as `privacy.text` says",
    "response": "the text answered; kept as `privacy.text` says",
    "system": "the application's own instructions (system prompt); compared with the reply, kept nowhere",
    "tokens_in": "tokens read",
    "tokens_out": "tokens written",
    "label": "the ground truth, if it is already known",
    "label_source": "who gave the label",
    "source": "read as `label_source` where there is none",
    "served_ts": "when the answer was served, where `ts` is that of the label",
    "status": "a number of 400 or more, or a word such as error, failed or timeout, counts as a failed answer",
    "source_ip": "the caller's address",
    "segment": "an object of at most 16 names, such as a channel or region; alerts say where they come from by it",
}


def page() -> str:
    """The fields of the plain log record."""
    hints = get_type_hints(Record)
    plain = {"str": "text", "int": "number", "float": "number", "bool": "true/false", "NoneType": "null"}

    def kinds(hint: object) -> str:
        found = re.findall(r"\b(dict|list|str|int|float|bool|NoneType)\b", str(hint).replace("None", "NoneType"))
        outer = "object or array" if {"dict", "list"} <= set(found) else "object" if "dict" in found else ""
        outer = outer or ("array" if "list" in found else "")
        names = [outer] if outer else list(dict.fromkeys(plain[word] for word in found if word != "NoneType"))
        return " or ".join(names)

    rows = ((code(name), kinds(hints[name]), cell(FIELDS[name])) for name in Record.__struct_fields__)
    about = (
        f"Formats: {', '.join(map(code, format_names()))} (`line.format`). `json_lines` is one JSON object per record. "
        f"A null is the same as a field left out. Names are at most {MAX_NAME} characters, features at most "
        f"{MAX_FEATURES}. Unknown keys are counted, never an error; a known key of the wrong type makes the "
        "record a reject, with the reason."
    )
    return document("Log record", about, grid(("field", "type", "meaning"), rows))
