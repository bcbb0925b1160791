"""Our own documents for the text model, `text_documents.toml` written out: half hold an order meant for a model."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path
from typing import Any

from docs.text_examples import written

EACH = 60  # documents of one kind that hold an order; as many do not
ASIDES = 0.7  # of the honest ones hold an aside; half as many of the others
TASKS = 0.35  # of all follow upon what a user asks about them
LEFT_OUT = 0.15  # of a document's lines
LONGER = 0.3  # of the documents are two of their kind
SEED = 11


def own_documents() -> list[tuple[str, int]]:
    """Documents with 1 for one that holds an order to a model, always the same."""
    parts = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    rng = random.Random(SEED)
    return [(_document(kind, parts, label, rng), label) for kind in parts["documents"] for label in (0, 1) * EACH]


def _document(kind: dict[str, Any], parts: dict[str, Any], label: int, rng: random.Random) -> str:
    language = kind.get("language", "en")
    lines = [written(line, rng) for line in kind["lines"] * (1 + (rng.random() < LONGER)) if rng.random() > LEFT_OUT]
    if rng.random() < (ASIDES / 2 if label else ASIDES):
        asides = parts[kind.get("asides", "requests")][language]
        lines.insert(rng.randint(0, len(lines)), written(rng.choice(asides), rng))
    if label:
        orders = parts["orders"][language if rng.random() < 0.7 else "en"]
        order = rng.choice(parts["wrappings"]).replace("{}", written(rng.choice(orders), rng))
        lines.insert(rng.choice((0, len(lines), rng.randint(0, len(lines)))), order)
    if rng.random() < TASKS:
        lines.insert(rng.choice((0, len(lines))), written(rng.choice(parts["tasks"][language]), rng))
    return str(kind.get("join", "\n")).join(lines)
