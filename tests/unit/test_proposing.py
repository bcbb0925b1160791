"""A baseline is proposed where a model changed for good, is in nobody's way, and is used once somebody approves it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import pytest

from monitors.week import DAY_NS
from schemas.actions import Action
from schemas.baselines import PROPOSED, rank
from schemas.errors import BaselineError
from schemas.settings import Settings
from streams.actions import record
from streams.known import Baselines
from streams.proposing import due, propose, propose_due
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.cli import Mirqab
from tests.support.kept import ENVIRONMENT, keep
from tests.support.traffic import MONDAY, learn_from, small_settings, traffic

T = TypeVar("T")
CHANGED = MONDAY + 1800
NOW_NS = (MONDAY + 3 * 3600) * 1_000_000_000


def ages(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    row["segment"] = {"country": "QA"}
    if row["ts"] >= CHANGED:
        row["features"]["age"] += 20
    return row


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hours; after half an hour customers are older, for good."""
    folder = tmp_path_factory.mktemp("proposing") / "store"
    ran = keep(folder, traffic(180, 60, seed=5, change=ages), [learn_from(traffic(60, 60, seed=9))])
    assert "feature_drift" in ran.rules(opened=True)
    return folder


@pytest.fixture
def settings(folder: Path) -> Settings:
    return small_settings().replace("store", folder=str(folder))


def within(settings: Settings, work: Callable[[ClickHouseStore], Awaitable[T]]) -> T:
    async def run() -> T:
        store = ClickHouseStore(settings.store, wait=False)
        try:
            await store.connect()
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def test_what_waits_for_approval_is_never_in_force() -> None:
    assert rank(9, PROPOSED, "z") < rank(1, "learnt", "a") < rank(1, "given", "a") < rank(2, "learnt", "a")


def test_a_proposal_alone_scores_nothing() -> None:
    known = Baselines()
    known.add(msgspec.structs.replace(learn_from(traffic(60, 60, seed=9)), origin=PROPOSED))
    assert known.snapshot() == {}


def test_a_drift_alert_is_due_after_so_many_days_and_not_before(settings: Settings) -> None:
    early = within(settings, lambda store: due(store, settings, NOW_NS))
    assert early == []
    (found,) = within(settings, lambda store: due(store, settings, NOW_NS + 8 * DAY_NS))
    assert (found.model, found.version) == ("card", "1")
    assert CHANGED * 1_000_000_000 < found.since_ns <= (CHANGED + 900) * 1_000_000_000
    assert found.reason.startswith("open for 7 days: Drift of feature age")
    never = settings.replace("judge", propose_days=0.0)
    assert within(settings, lambda store: due(store, never, NOW_NS + 800 * DAY_NS)) == []


def test_too_few_events_are_no_proposal(settings: Settings) -> None:
    late = (MONDAY + 175 * 60) * 1_000_000_000
    with pytest.raises(BaselineError, match=r"card 1: \d+ events of [45] minutes are stored since then; .* 2,000"):
        within(settings, lambda store: propose(store, settings, "card", "1", late))


def test_a_proposal_is_shown_compared_and_used_only_once_approved(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The way a person goes: told by `show`, looked at by `diff`, put into force by `approve`."""
    for name, value in {**ENVIRONMENT, "MIRQAB_STORE_FOLDER": str(folder)}.items():
        monkeypatch.setenv(name, value)
    mirqab = Mirqab(capsys)
    ((_, proposed),) = within(settings, lambda store: propose_due(store, settings, NOW_NS + 8 * DAY_NS))
    assert within(settings, lambda store: propose_due(store, settings, NOW_NS + 9 * DAY_NS)) == [], "once is enough"
    listed = mirqab.json("baseline", "show")
    assert [(row["number"], row["origin"]) for row in listed] == [(1, "given"), (2, "proposed")]
    first = listed[0]["id"]
    assert present(settings) == first
    code, out, _ = mirqab("baseline", "show", "card")
    assert code == 0
    assert "card 1: baseline 1" in out, "what is in force is shown, not what is proposed"
    compared = mirqab.json("baseline", "diff", first, proposed.id)
    assert [row["family"] for row in compared["alerts_within"]] == ["drift"]
    (alert,) = (row["id"] for row in compared["alerts_within"])
    warned = f"warning: 1 alert lies in the time that {proposed.id} was learnt from"
    told = mirqab("baseline", "diff", first, proposed.id)[1]
    assert warned in told
    assert f"{alert}  drift" in told
    far = compared["features"][0]
    assert far["name"] == "age"
    assert far["psi"] > 1
    code, out, err = mirqab("baseline", "approve", proposed.id, "--by", "Sara", "--reason", "older customers are new")
    assert code == 0, err
    assert warned in err
    assert "card 1: baseline 3 (" in out
    assert "approved by Sara, as proposed in baseline 2; it is used from now on" in out
    listed = mirqab.json("baseline", "show")
    assert [(row["number"], row["origin"]) for row in listed] == [(1, "given"), (2, "proposed"), (3, "given")]
    assert listed[2]["approvals"][0]["by"] == listed[1]["approvals"][0]["by"] == "Sara"
    assert present(settings) == listed[2]["id"]


def present(settings: Settings) -> str:
    baselines = Baselines()
    within(settings, baselines.read)
    return baselines.snapshot()["card", "1"].id


def test_a_person_asks_for_one_and_is_told_what_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {**ENVIRONMENT, "MIRQAB_STORE_FOLDER": str(folder)}.items():
        monkeypatch.setenv(name, value)
    mirqab = Mirqab(capsys)
    assert "--since TIME" in mirqab.refused("baseline", "propose", "card")
    assert "did you mean card" in mirqab.refused("baseline", "propose", "cart", "--since", "2025-06-09T00:40:00Z")
    (made,) = mirqab.json("baseline", "propose", "card", "--since", "2025-06-09T00:40:00Z")
    assert (made["origin"], made["reason"]) == ("proposed", "asked for")
    assert made["events"] > 2000


def test_what_somebody_expects_is_due_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    ran = keep(folder, traffic(180, 60, seed=5, change=ages), [learn_from(traffic(60, 60, seed=9))])
    alert = next(a for a in ran.alerts.values() if a.rule == "feature_drift" and a.opened_ns)
    settings = small_settings().replace("store", folder=str(folder))
    verdict = Action(NOW_NS, "verdict", "alert", alert.id, "Sara", "the campaign in Lusail", "expected")
    within(settings, lambda store: record(store, verdict))
    (found,) = within(settings, lambda store: due(store, settings, NOW_NS))
    assert found.reason.startswith("expected: Drift of feature age")
