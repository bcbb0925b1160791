"""Judged in memory a log gives the alerts that `mirqab replay` gives, or measurements made so would say nothing."""

from __future__ import annotations

from pathlib import Path

from tests.support.attack_log import Campaign, Mix, make_log
from tests.support.attack_memory import judged
from tests.support.attack_outcome import replay


def test_alerts_are_those_of_a_replay(tmp_path: Path) -> None:
    log = make_log(Mix(("limits",), 1, 4000), [Campaign("extract_paths", "limits", queries=300, at=0.8)])
    told = [(a["id"], a["level"], a["opened"], a["principals"], a["p"]) for a in judged(log)]
    assert told
    assert told == [(a["id"], a["level"], a["opened"], a["principals"], a["p"]) for a in replay(log, tmp_path)]
