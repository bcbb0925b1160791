"""The weights that are shipped belong to the grammar, the disguises and the examples as they are."""

from __future__ import annotations

import json
from importlib.resources import files

from docs.build_text_model import SOURCES, seen_as


def kept() -> dict[str, object]:
    weights = json.loads(files("monitors.text").joinpath("_weights.json").read_text("utf-8"))
    assert isinstance(weights, dict)
    return weights


def test_the_weights_were_learnt_from_what_is_seen_today() -> None:
    stale = "the weights are out of date; rebuild them: python -m docs.build_text_model PROMPTS.jsonl.gz"
    assert kept()["seen_as"] == seen_as(), stale


def test_only_licensed_sources_and_our_own_examples_were_trained_on() -> None:
    assert set(kept()["sources"]) == {*SOURCES, "own"}  # type: ignore[call-overload]
