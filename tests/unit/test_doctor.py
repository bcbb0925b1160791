"""What the doctor says, from plain facts, and that it tells no secret."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.receivers import Receiver, Route
from schemas.settings import Settings
from streams import checks
from streams.checks import FAILED, OK, WARNING, Finding, clock, console, disk, packages, run_checks, texts
from streams.checks import settings as settings_check
from streams.checks.receivers import check as check_receivers
from streams.commands import doctor

HERE = Path("/here")


def states(found: list[Finding]) -> dict[str, set[str]]:
    return {name: {f.state for f in found if f.check == name} for name in {f.check for f in found}}


def test_every_file_of_the_folder_is_a_check() -> None:
    expected = "broker clock codecs console disk packages python receivers rules settings store texts topics"
    assert list(checks.checks()) == expected.split()


@pytest.mark.parametrize(
    ("folders", "owners", "state"),
    [
        ({"streams": HERE, "schemas": HERE}, {}, OK),
        ({"streams": HERE, "schemas": HERE}, {"streams": ["mirqab"], "schemas": ["mirqab"]}, OK),
        ({"streams": HERE, "schemas": HERE}, {"schemas": ["mirqab", "other"]}, FAILED),
        ({"streams": HERE, "schemas": HERE}, {"schemas": ["other"]}, FAILED),
        ({"streams": HERE, "schemas": Path("/there")}, {}, FAILED),
        ({"streams": HERE, "schemas": None}, {}, FAILED),
    ],
)
def test_another_owner_of_our_packages_is_named(
    folders: dict[str, Path | None], owners: dict[str, list[str]], state: str
) -> None:
    assert packages.judge(folders, owners).state == state


def test_a_secret_is_only_said_to_be_set() -> None:
    settings = Settings().replace("kafka", password="not-a-secret", username="mirqab")
    said = ", ".join(settings_check.differences(settings))
    assert said == "kafka.username = 'mirqab', kafka.password is set"


def test_texts_without_a_key_for_their_hashes_are_named() -> None:
    (bare,), (keyed,) = (texts.check(Settings().replace("privacy", key=key), None) for key in ("", "k"))
    assert (bare.state, bare.text) == (
        OK,
        "no privacy.key: of prompts and responses only lengths are stored, no hashes",
    )
    assert keyed.text.endswith("privacy.text says: hashes")


def test_a_full_disk_fails_and_a_small_one_warns() -> None:
    assert [disk.judge("d", gib << 30).state for gib in (0, 5, 50)] == [FAILED, WARNING, OK]


def test_a_clock_behind_our_own_files_fails() -> None:
    assert [clock.judge(now, 1000.0).state for now in (500.0, 990.0, 2000.0)] == [FAILED, OK, OK]


@pytest.mark.parametrize(
    ("values", "state"),
    [({}, OK), ({"host": "0.0.0.0"}, FAILED), ({"host": "0.0.0.0", "token": "t"}, WARNING), ({"host": "::1"}, OK)],
)
def test_a_console_open_to_everybody_fails(values: dict[str, str], state: str) -> None:
    (found,) = console.check(Settings().replace("console", **values), None)
    assert found.state == state


def test_metrics_beyond_localhost_warn() -> None:
    settings = Settings().replace("metrics", host="0.0.0.0", port=9100)
    assert [found.state for found in console.check(settings, None)] == [OK, WARNING]


def test_without_a_broker_the_other_checks_are_still_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings().replace("kafka", brokers="127.0.0.1:1").replace("store", folder=str(tmp_path / "none"))
    code = doctor.run(argparse.Namespace(config=None, json=True), settings)
    said = json.loads(capsys.readouterr().out)
    found = states([Finding(**finding) for finding in said])
    assert code == 1
    assert found["broker"] == {FAILED}
    assert found["topics"] == found["store"] == {WARNING}
    assert found["codecs"] == found["packages"] == {OK}
    assert all(finding["remedy"] for finding in said if finding["state"] != OK)
    assert not (tmp_path / "none").exists()


def test_settings_that_contradict_fail_the_broker() -> None:
    settings = Settings().replace("kafka", security="SASL_SSL")
    assert states(run_checks(settings, None))["broker"] == {FAILED}


def test_a_folder_without_rules_fails(tmp_path: Path) -> None:
    assert states(run_checks(Settings().replace("judge", rules=str(tmp_path)), None))["rules"] == {FAILED}


def test_the_table_shows_no_control_characters() -> None:
    text = doctor.table([Finding("broker", FAILED, "a\x1b[2Jb", "mend it"), Finding("disk", OK, "much")])
    assert "\x1b" not in text
    assert text.endswith("1 failed, 0 to look at\n")
    assert doctor.table([Finding("disk", OK, "much")]).endswith("all is well\n")


def test_receivers_that_cannot_be_told_are_a_finding() -> None:
    hook = Receiver("duty", "webhook", {"url": "https://x.example/hook"})
    both = {"duty": hook, "soc": replace(hook, name="soc")}
    whole = Settings(receivers=both).replace("pager", heartbeat_to=["duty"])
    assert [f.state for f in check_receivers(Settings(), None)] == [WARNING]
    assert [f.state for f in check_receivers(whole, None)] == [OK]
    assert [f.state for f in check_receivers(replace(whole, receivers={"duty": hook}), None)] == [WARNING]
    for changes in (
        {"receivers": {"duty": Receiver("duty", "webhook", {"urll": "x"})}},
        {"routes": (Route(receivers=("duty",), levels=("ticket",)),)},
    ):
        assert [f.state for f in check_receivers(replace(whole, **changes), None)] == [FAILED]
