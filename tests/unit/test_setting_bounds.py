"""A number that has a ceiling is refused beyond it, and below nothing, with what would be right."""

from __future__ import annotations

import pytest

from schemas.errors import SettingError
from schemas.queries import FEATURES, MOST_BYTES, layout
from schemas.settings import load_settings


@pytest.mark.parametrize("value", ["0", "64", "4096"])
def test_within_the_bounds_it_is_taken(value: str) -> None:
    assert load_settings(environ={"MIRQAB_LINE_MAX_QUERIES": value}).line.max_queries == int(value)


@pytest.mark.parametrize("value", ["-1", "4097", "1000000"])
def test_beyond_them_it_is_refused_and_they_are_named(value: str) -> None:
    with pytest.raises(SettingError, match=f"line.max_queries: must be from 0 to 4096; got {value}"):
        load_settings(environ={"MIRQAB_LINE_MAX_QUERIES": value})


def test_no_more_of_a_budget_is_spent_early_than_there_is() -> None:
    with pytest.raises(SettingError, match=r"judge\.early_share: must be from 0 to 0\.9; got 1\.0"):
        load_settings(environ={"MIRQAB_JUDGE_EARLY_SHARE": "1.0"})


def test_so_many_queries_of_one_principal_fit_into_a_minute() -> None:
    assert 4096 * layout(FEATURES).itemsize <= MOST_BYTES
