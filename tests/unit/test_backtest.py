"""`mirqab backtest` and `rules check` over stored time: the same rules give what was, others what would have been."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitors.week import DAY_NS
from streams.stored import Span
from tests.support.cli import Mirqab
from tests.support.kept import ENVIRONMENT, empty, keep
from tests.support.traffic import MONDAY, ROOT, RULES, learn_from, traffic

SHIPPED = ROOT / "monitors" / "rules"
SUNDAY = MONDAY - 7200  # two hours before the week turns


def drifts(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    if row["ts"] > SUNDAY + 3600:
        row["features"]["age"] += 12
        row["score"] = round(float(rng.beta(5, 2)), 4)
    if row["ts"] > MONDAY + 1800 and rng.random() < 0.3:
        row["features"]["amount"] = None
    return row


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Counter[tuple[str, str]]]:
    """A store after four hours across a Monday, in which three things go wrong; its alerts by rule and level."""
    folder = tmp_path_factory.mktemp("kept") / "store"
    # Two weeks were looked at, so drift may page.
    weeks = [row for back in (14, 1) for row in traffic(30, 100, start=SUNDAY - back * 86_400, seed=99 + back)]
    weeks_ago = learn_from(weeks)
    ran = keep(folder, traffic(240, 60, start=SUNDAY, seed=5, change=drifts), [weeks_ago])
    return folder, Counter((alert.rule, alert.level) for alert in ran.alerts.values())


@pytest.fixture
def mirqab(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Mirqab:
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(tmp_path / "none"))
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return Mirqab(capsys)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Other rules: the drift of features asks for a huge effect, and the drift of the score is gone."""
    folder = tmp_path / "rules"
    shutil.copytree(SHIPPED, folder)
    (folder / "score_drift.toml").unlink()
    text = (folder / "feature_drift.toml").read_text()
    (folder / "feature_drift.toml").write_text(text.replace("min_effect = 0.1", "min_effect = 50"))
    return folder


def table(found: dict[str, Any], side: str) -> dict[tuple[str, str], int]:
    return {(row["rule"], row["level"]): row[side] for row in found["totals"] if row[side]}


def test_the_same_rules_give_what_was(mirqab: Mirqab, kept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, alerts = kept
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(folder))
    found = mirqab.json("backtest", "--rules", SHIPPED)
    assert table(found, "would") == table(found, "was") == dict(alerts)
    assert alerts["score_drift", "page"] >= 1
    assert all(page["would"] and page["was"] for page in found["pages"])
    assert {week["week"] for week in found["weeks"]} <= {"2025-06-02", "2025-06-09"}
    assert len({week["week"] for week in found["weeks"]}) == 2
    assert (found["from"], found["to"]) == ("2025-06-08T22:00:00Z", "2025-06-09T02:00:00Z")


def test_stored_minutes_judged_again_tell_every_transition_as_json(
    mirqab: Mirqab, kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, alerts = kept
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(folder))
    code, out, err = mirqab("replay", "--stored", "--json")
    told = [json.loads(line) for line in out.splitlines()]
    assert (code, len({each["id"] for each in told})) == (0, alerts.total()), err
    last = {each["id"]: each for each in told}.values()
    assert Counter((each["rule"], each["level"]) for each in last) == alerts
    assert {each["model"] for each in told} == {"card"}
    assert all(each["at"] >= "2025-06-08T22:00:00Z" for each in told)


def test_other_rules_stand_beside_what_was(
    mirqab: Mirqab, kept: Any, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, alerts = kept
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(folder))
    found = mirqab.json("backtest", "--rules", other)
    assert table(found, "was") == dict(alerts)
    assert not any(rule in ("score_drift", "feature_drift") for rule, _ in table(found, "would"))
    gone = [page for page in found["pages"] if page["rule"] == "score_drift"]
    assert gone
    assert not any(page["would"] for page in gone)
    code, out, _ = mirqab("backtest", "--rules", other)
    assert code == 0
    for text in (
        f"would: {len(RULES) - 1} rules",
        "week of",
        "score_drift",
        "page: would ",
        "no longer  2025-06-08 23:",
    ):
        assert text in out


def test_only_the_time_asked_for_is_counted(mirqab: Mirqab, kept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, alerts = kept
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(folder))
    before = mirqab.json("backtest", "--rules", SHIPPED, "--until", "2025-06-08T23:00:00")
    assert not any(row["level"] != "suspected" for row in before["totals"])
    after = mirqab.json("backtest", "--rules", SHIPPED, "--since", "2025-06-09", "--until", "2025-06-10")
    assert 0 < sum(table(after, "was").values()) < sum(alerts.values())
    assert table(after, "would") == table(after, "was")
    assert "nothing is stored of the time asked for; stored is 2025-06-08 22:00" in mirqab.refused(
        "backtest", "--rules", SHIPPED, "--since", "2026-01-01"
    )
    assert "must lie before" in mirqab.refused("backtest", "--rules", SHIPPED, "--since", "2", "--until", "1")
    assert "--since: ts 'soon'" in mirqab.refused("backtest", "--rules", SHIPPED, "--since", "soon")


def test_check_says_how_often_each_rule_would_have_fired(
    mirqab: Mirqab, kept: Any, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, alerts = kept
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(folder))
    found = mirqab.json("rules", "check")
    fired = {(r["id"], level): n for r in found["rules"] for level, n in r["fired"].items() if n}
    assert fired == dict(alerts)
    assert found["stored"]["days"] == round(4 / 24, 3)
    alone = mirqab.json("rules", "check", other / "feature_drift.toml")
    assert [(r["id"], sum(r["fired"].values())) for r in alone["rules"]] == [("feature_drift", 0)]
    unasked = mirqab.json("rules", "check", SHIPPED / "genai" / "genai_blocked_of_one_principal.toml")["rules"][0]
    assert unasked["fired"] is None
    assert "nobody looked for its events then" in unasked["warnings"][0]
    code, out, _ = mirqab("rules", "check", SHIPPED)
    assert code == 0
    assert "score_drift: ok; would have fired: " in out
    assert "model_silent: ok; would have fired: never" in out
    assert "counted over 0.2 stored days" in out


def test_without_stored_time_check_counts_nothing_and_backtest_says_so(
    mirqab: Mirqab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no store in the folder" in mirqab.refused("backtest", "--rules", SHIPPED)
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(tmp_path / "store"))
    empty(tmp_path / "store")
    assert "no closed minute yet" in mirqab.refused("backtest", "--rules", SHIPPED)
    found = mirqab.json("rules", "check")
    assert (found["stored"], {rule["fired"] for rule in found["rules"]}) == (None, {None})
    monkeypatch.setenv("MIRQAB_STORE_URL", "http://127.0.0.1:1")
    code, out, err = mirqab("rules", "check")
    assert code == 0
    assert f"{len(RULES)} rules, 0 that cannot be used" in out
    assert "not counted how often they would have fired" in err
    assert mirqab("rules", "check", "--no-store")[2] == ""


def test_rules_that_cannot_be_used_are_not_judged_by(mirqab: Mirqab, other: Path) -> None:
    (other / "error_share.toml").write_text(
        (other / "error_share.toml").read_text().replace("errors.share", "errors.sh")
    )
    said = mirqab.refused("backtest", "--rules", other)
    assert "error_share.toml: unknown metric 'errors.sh'; did you mean errors.share" in said
    assert "no such file or folder" in mirqab.refused("backtest", "--rules", other / "none")


def test_the_time_between_two_logs_is_no_stored_time(
    mirqab: Mirqab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(tmp_path / "two"))
    later = MONDAY + 40 * 86_400
    keep(tmp_path / "two", [*traffic(120, 10, start=MONDAY), *traffic(60, 10, start=later)], [])
    found = mirqab.json("rules", "check", SHIPPED / "score_drift.toml")
    assert found["stored"]["days"] == pytest.approx(3 / 24, abs=0.01)
    code, out, err = mirqab("backtest", "--rules", SHIPPED)
    assert (code, out.splitlines()[0]) == (0, "0.1 stored days, 2025-06-09 00:00 to 2025-07-19 01:00 UTC"), err
    assert "nothing is stored of the time asked for" in mirqab.refused(
        "backtest", "--rules", SHIPPED, "--since", "2025-06-20", "--until", "2025-07-01"
    )


def test_the_parts_of_a_span_are_cut_at_both_ends() -> None:
    stored = Span(((0, 10), (50, 60), (100, 110)))
    assert stored.within(5, 55) == Span(((5, 10), (50, 55)))
    assert stored.within(10, 50) is None
    assert (stored.from_ns, stored.to_ns) == (0, 110)
    assert stored.days * DAY_NS == pytest.approx(30)
