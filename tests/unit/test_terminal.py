"""Text at a terminal: nothing a log says moves the cursor, and progress is silent for two seconds."""

from __future__ import annotations

import pytest

from streams.terminal import Progress, grid, iso, moment_of, plain


def test_what_a_log_says_stays_in_its_line() -> None:
    assert plain("a\x1b[2J\nb\u202e") == "a\\x1b[2J\\nb\\u202e"
    assert plain("مرقاب") == "مرقاب"


def test_a_grid_puts_numbers_right_and_texts_left() -> None:
    assert grid(("name", "n"), [("a\n", 5), ("bcdef", 12345)]).splitlines() == [
        "name       n",
        "a\\n        5",
        "bcdef  12345",
    ]
    assert grid(("name", "n"), []) == "name  n"


def test_times_are_utc() -> None:
    assert (moment_of(0), iso(1_500_000_000)) == ("1970-01-01 00:00", "1970-01-01T00:00:01Z")


def test_progress_is_said_every_two_seconds_and_not_before(capsys: pytest.CaptureFixture[str]) -> None:
    clock = [0.0]
    progress = Progress("baseline", clock=lambda: clock[0])
    for tenth in range(50):
        clock[0] = tenth / 10
        progress.say(lambda: f"{clock[0]:.1f} s")
    assert capsys.readouterr().err.splitlines() == ["mirqab baseline: 2.0 s", "mirqab baseline: 4.0 s"]
