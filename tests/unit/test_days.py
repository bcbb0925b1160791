"""The calendar file: what it may say, what it refuses, and who goes by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import msgspec
import pytest

from monitors import testing
from monitors.detectors.seasonal import Seasonal
from monitors.judge import judged_under
from monitors.limits import Limits
from monitors.modelstate import ModelState
from monitors.usual import Usual
from monitors.week import DAY_NS, HOUR_NS, WEEK_NS, Calendar
from schemas.days import USUAL, Days, read_days
from schemas.errors import SettingError
from schemas.readings import Reading, Series
from schemas.settings import load_settings
from tests.support.surprises import surprise
from tests.support.traffic import MONDAY, RULES, small_settings

EUROPE = Days(("saturday", "sunday"), ("2026-12-25",), 1.0)
FILE = """
weekend = ["Saturday", "sunday"]
utc_offset = 1

[holidays]
"Christmas" = 2026-12-25
"Easter" = [2026-04-03, "2026-04-06"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "calendar.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_calendar_names_days_and_dates_in_any_order(tmp_path: Path) -> None:
    found = read_days(str(written(tmp_path, FILE)))
    assert found == Days(("saturday", "sunday"), ("2026-04-03", "2026-04-06", "2026-12-25"), 1.0)
    assert read_days(str(written(tmp_path, ""))) == USUAL
    assert read_days(str(written(tmp_path, "holidays = ['2026-12-18']"))).holidays == ("2026-12-18",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weekend = 'friday'", "weekend must be a list of days"),
        ("weekend = ['firday']", "did you mean friday"),
        ("weekends = ['friday']", "did you mean weekend"),
        ("holidays = 3", "holidays must be a table of names with dates"),
        ("holidays = ['18/12/2026']", "holidays holds 18/12/2026; a date is written 2026-03-20"),
        ("holidays = [2026-12-18T10:00:00]", "a date is written"),
        ("utc_offset = 'AST'", "utc_offset is in hours, from -14 to 14, not 'AST'"),
        ("utc_offset = 30", "from -14 to 14"),
        (f"weekend = {['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']}", "all seven"),
        ("weekend = [", "not valid TOML"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_file_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingError, match=said) as refused:
        read_days(str(written(tmp_path, text)))
    assert "calendar.toml" in str(refused.value)


def test_a_file_that_is_not_there_is_named_with_its_setting() -> None:
    with pytest.raises(SettingError, match=r"cannot read the calendar none.toml \(judge.calendar\): No such file"):
        load_settings(None, {"MIRQAB_JUDGE_CALENDAR": "none.toml"})


def test_its_content_is_part_of_what_an_alert_was_judged_under(tmp_path: Path) -> None:
    """The content, not the name: the same file elsewhere is the same calendar."""
    hashes = [judged_under(RULES, load_settings(None, {}))]
    for name, text in (("a", FILE), ("b", FILE), ("c", FILE.replace("2026-12-25", "2026-12-24"))):
        (tmp_path / name).mkdir()
        path = written(tmp_path / name, text)
        hashes.append(judged_under(RULES, load_settings(None, {"MIRQAB_JUDGE_CALENDAR": str(path)})))
    assert hashes[1] == hashes[2]
    assert len(set(hashes)) == 3


def test_what_is_usual_on_a_free_day_goes_by_the_calendar() -> None:
    """Saturdays and Sundays surprise in Europe; after two of each a Sunday is expected to."""
    usual = Usual(calendar=Calendar.of(EUROPE))
    monday = MONDAY * 1_000_000_000
    for pane in range(12 * 24 * 14):
        at = monday + (pane + 1) * 5 * 60 * 1_000_000_000
        weekday = (at - 1 - monday) // DAY_NS % 7
        usual.add("r", at, surprise(a=1e-9 if weekday >= 5 else 0.5), confirmed=False)
    sunday, friday = monday + 2 * WEEK_NS + 6 * DAY_NS + 12 * HOUR_NS, monday + 2 * WEEK_NS + 4 * DAY_NS + 12 * HOUR_NS
    assert usual.scale("r", "a", sunday, 9 * WEEK_NS) > 2 * usual.scale("r", "a", friday, 9 * WEEK_NS)


def test_the_judge_and_seasonal_take_it_from_settings() -> None:
    settings = replace(small_settings(), calendar=EUROPE)
    state = ModelState("m", "", 0, 0, Limits.of(settings, 1), RULES, "")
    assert state.usual.calendar.free == {5, 6}
    rule = msgspec.structs.replace(RULES[0], id="s", metric="latency.p50", detector="seasonal", together=False)
    for own, weekend in (({}, ("saturday", "sunday")), ({"weekend": ["friday"]}, ("friday",))):
        tester = testing.Tester([msgspec.structs.replace(rule, parameters=own)], 5, settings.calendar)
        tester.test(
            [Reading(Series("m", "", "latency.p50"), 0, 500, 20.0)], lambda tests: state.purse.every_pane(tests)
        )
        (made,) = tester.detectors.values()
        assert cast(Seasonal, made).weekend == weekend
        assert cast(Seasonal, made).holidays == ("2026-12-25",)
