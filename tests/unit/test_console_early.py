"""What was told before its minute closed, as a person reads it: in lists, on its page, among a principal's alerts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from dashboards.reader import ClickHouseReader, connect
from dashboards.reports.gather import ask
from tests.support import seed
from tests.support.clickhouse import ClickHouseProcess
from tests.support.console import make_store
from tests.support.stored import insert, ns
from tests.unit.test_console_pages import read, words

TOLD = "mallory asks about many small variants of one case"
WITHDRAWN = "alice asks about many small variants of one case"
LEDGER = "trudy asks about many small variants of one case"


@pytest.fixture(scope="module")
def told(clickhouse: ClickHouseProcess) -> Iterator[ClickHouseReader]:
    store = make_store(clickhouse, "console_early", filled=False)
    client = clickhouse.client(store.database)
    about = "attack_evasion", "evasion", "card-fraud", "7", "attack.evasion"
    alert = partial(seed.alert, technique="AML.T0043")
    for table, early in (("notices", "confirmed"), ("alerts", "")):
        alert(client, "n3", *about, ("page",), 9, LEDGER, principals=["trudy"], table=table, early=early)
    why = "withdrawn: 10 minutes later the closed minutes say p 2.0e-02"
    alert(client, "n1", *about, ("page",), 1, TOLD, principals=["mallory"], table="notices", early="told")
    alert(client, "n2", *about, ("page", "resolved"), 30, WITHDRAWN, reason=why, principals=["alice"],
          table="notices", early="withdrawn")  # fmt: skip
    said = {"kind": "alert", "subject": "n2", "action": "verdict", "value": "false alarm"}
    insert(client, "actions", [said | {"id": "x", "at": seed.NOW, "at_ns": ns(seed.NOW), "actor": "s.rahman"}])
    client.close()
    reader = connect(store, size=2)
    yield reader
    reader.close()


async def test_a_notice_has_a_page_that_says_what_it_is(told: ClickHouseReader) -> None:
    text = words(await read(told, "/alerts/n1"))
    assert "Told early The minute this rests on has not closed yet." in text
    assert "only closed minutes are judged again" in text
    assert "mirqab replay --stored" not in text
    text = words(await read(told, "/alerts/n2"))
    assert "is no alert of the closed log: withdrawn: 10 minutes later the closed minutes say p 2.0e-02." in text


async def test_lists_show_notices_and_each_alert_once(told: ClickHouseReader) -> None:
    for path in ("/alerts", "/model?name=card-fraud"):
        text = words(await read(told, path))
        assert [text.count(each) for each in (TOLD, WITHDRAWN, LEDGER)] == [1, 1, 1]
        assert "open told early" in text
        assert "resolved withdrawn" in text
    assert "told early" not in words(await read(told, "/principal?name=trudy"))
    assert "told early" in words(await read(told, "/principal?name=mallory"))


async def test_what_the_ledger_has_is_no_notice_any_more(told: ClickHouseReader) -> None:
    assert "Told early" not in words(await read(told, "/alerts/n3"))


async def test_who_was_told_of_wrongly_is_not_accused(told: ClickHouseReader) -> None:
    """What was told early and withdrawn names nobody; what still stands does."""
    rows = await ask(told, "accused_principals", model="", families=[], from_ns=0)
    assert {row["principal"] for row in rows} == {"mallory", "trudy"}
    rows = await ask(told, "alerts_of_families", model="", families=[], state="", from_ns=0)
    assert {row["id"] for row in rows} == {"n1", "n3"}
    for question in ("alerts_by_family", "techniques_seen"):
        rows = await ask(told, question, model="", from_ns=0, until_ns=2**62, step_ns=2**62)
        assert [row["alerts"] for row in rows] == [2], question


async def test_what_people_say_of_a_notice_counts_for_its_rule(told: ClickHouseReader) -> None:
    (row,) = await ask(told, "verdicts_by_rule", from_ns=0)
    assert (row["rule"], row["closed"], row["false_alarms"]) == ("attack_evasion", 1, 1)
    (row,) = await ask(told, "verdicts_of_rule", rule="attack_evasion", model="card-fraud", id="n1")
    assert (row["closed"], row["closed_here"], row["was_real"]) == (1, 1, 0)


async def test_how_many_held_stands_on_the_page_about_mirqab(told: ClickHouseReader) -> None:
    text = words(await read(told, "/wellness"))
    assert "in 30 days 1 held, 1 withdrawn, 1 not closed yet; budgeted: 0.13 false ones" in text
