"""Every panel, variable and mark of every dashboard asks SQL that runs, and gets the shape that Grafana draws."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
from clickhouse_connect.driver.client import Client
from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana.board import all_boards, dashboard, layout
from dashboards.grafana.panels import VARIABLES, address
from dashboards.grafana.parts import Board, Link, Panel
from dashboards.grafana.sql import asked, literal, variable
from schemas.errors import UsageError
from tests.support import seed
from tests.support.clickhouse import ClickHouseProcess
from tests.support.console import make_store
from tests.support.macros import NotExpanded, expand

NOW_MS = seed.NOW_NS // 1_000_000
DAY_MS = 86_400_000
CHOSEN = {"model": "card-fraud", "version": "(newest)", "feature": "(all)"}
WHOLE = {"model": "(all)", "version": "(newest)", "feature": "(all)"}
BOARDS = all_boards()


class Answer(NamedTuple):
    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def stores(clickhouse: ClickHouseProcess) -> Iterator[dict[str, Client]]:
    found = {}
    for name in ("grafana_filled", "grafana_empty"):
        make_store(clickhouse, name, filled=name == "grafana_filled")
        found[name.removeprefix("grafana_")] = clickhouse.client(name)
    yield found
    for client in found.values():
        client.close()


def ask(client: Client, sql: str, values: dict[str, str] | None) -> Answer:
    return answered(client, expand(sql, NOW_MS - DAY_MS, NOW_MS, 300, values))


@cache
def answered(client: Client, text: str) -> Answer:
    """Each text is asked once; several tests look at its answer."""
    shape = client.query(f"DESCRIBE ({text})").result_rows
    rows = client.query(text, settings={"readonly": 2}).result_rows
    return Answer(tuple(row[0] for row in shape), tuple(row[1] for row in shape), [tuple(row) for row in rows])


def drawn(board: Board) -> list[dict[str, Any]]:
    return list(dashboard(board, "clickhouse", "https://console.example")["panels"])


def panels(kind: str = "") -> list[Any]:
    return [
        pytest.param(board, made, id=f"{board.uid}-{made['title']}")
        for board in BOARDS
        for part, made in zip(board.panels, drawn(board), strict=True)
        if part.kind != "note" and (not kind or part.kind == kind)
    ]


def values(board: Board, chosen: dict[str, str]) -> dict[str, str]:
    return {VARIABLES[key].name: chosen[VARIABLES[key].name] for key in board.variables}


@pytest.mark.parametrize(("board", "made"), panels())
def test_a_panel_is_answered(board: Board, made: dict[str, Any], stores: dict[str, Client]) -> None:
    sql = made["targets"][0]["rawSql"]
    assert len(ask(stores["empty"], sql, values(board, WHOLE)).rows) <= 1
    answer = ask(stores["filled"], sql, values(board, CHOSEN))
    assert answer.rows or ask(stores["filled"], sql, values(board, WHOLE)).rows
    assert len(set(answer.names)) == len(answer.names)
    for override in made["fieldConfig"]["overrides"]:
        assert override["matcher"]["options"] in answer.names, "an override of a column that does not come"


@pytest.mark.parametrize(("board", "made"), panels("series"))
def test_a_series_has_its_time_then_labels_then_floats(
    board: Board, made: dict[str, Any], stores: dict[str, Client]
) -> None:
    answer = ask(stores["filled"], made["targets"][0]["rawSql"], values(board, CHOSEN))
    assert answer.names[0] == "time"
    assert answer.types[0] == "DateTime64(3, 'UTC')"
    kinds = ["label" if "String" in kind else "number" for kind in answer.types[1:]]
    assert kinds == sorted(kinds)
    assert "number" in kinds
    for kind in answer.types[1:]:
        assert "String" in kind or any(number in kind for number in ("Float", "Int")), kind
        assert not ("String" in kind and "Nullable" in kind), "a label is never null"
    times = [row[0] for row in answer.rows]
    assert times == sorted(times)
    assert made["targets"][0]["queryType"] == "timeseries"
    assert made["targets"][0]["format"] == 0


@pytest.mark.parametrize(("board", "made"), panels("stat"))
def test_a_number_is_a_number(board: Board, made: dict[str, Any], stores: dict[str, Client]) -> None:
    answer = ask(stores["filled"], made["targets"][0]["rawSql"], values(board, CHOSEN))
    assert len(answer.rows) >= 1
    assert any("Int" in kind or "Float" in kind for kind in answer.types)


@pytest.mark.parametrize(("board", "made"), panels("table"))
def test_a_link_has_its_cells(board: Board, made: dict[str, Any], stores: dict[str, Client]) -> None:
    answer = ask(stores["filled"], made["targets"][0]["rawSql"], values(board, CHOSEN))
    for override in made["fieldConfig"]["overrides"]:
        for link in override["properties"][0]["value"]:
            named = {piece.split('"')[1] for piece in link["url"].split("__data.fields[")[1:]}
            assert named
            assert named <= set(answer.names)


def test_a_band_holds_what_is_usual(stores: dict[str, Client]) -> None:
    board = next(board for board in BOARDS if board.uid == "mirqab-model")
    sql = drawn(board)[0]["targets"][0]["rawSql"]
    half = NOW_MS - 3 * 3_600_000
    done = stores["filled"].query(expand(sql, half, NOW_MS, 300, values(board, CHOSEN)))
    rows = [dict(zip(done.column_names, row, strict=True)) for row in done.result_rows]
    banded = [row for row in rows if row["low"] is not None]
    assert rows
    assert all(row["low"] <= row["high"] for row in banded)
    assert all(row["expected"] == 420 for row in rows)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_boxes_and_marks_are_answered(board: Board, stores: dict[str, Client]) -> None:
    made = dashboard(board, "clickhouse", "https://console.example")
    for box in made["templating"]["list"]:
        answer = ask(stores["filled"], box["query"], values(board, CHOSEN))
        assert len(answer.names) == 1
        assert all(isinstance(row[0], str) and row[0] for row in answer.rows)
        assert len(answer.rows) >= 2
    for mark in made["annotations"]["list"]:
        chosen = values(board, WHOLE)
        answer = ask(stores["filled"], mark["target"]["rawSql"], chosen)
        assert {"time", "text"} <= set(answer.names)
        assert answer.rows
        assert "DateTime64(3, 'UTC')" in answer.types[answer.names.index("time")]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_grafanas_own_model_reads_the_dashboard(board: Board) -> None:
    made = dashboard(board, "clickhouse", "https://console.example")
    read = sdk.Dashboard.from_json(made)
    assert read.uid == board.uid
    assert len(read.uid or "") <= 40
    assert read.panels is not None
    assert len(read.panels) == len(board.panels)
    again = read.to_json()
    assert set(made) <= set(again), "a key that Grafana's model does not know"
    for ours, theirs in zip(made["panels"], read.panels, strict=True):
        assert set(ours) <= set(theirs.to_json()), "a key of a panel that Grafana's model does not know"
    for box, theirs_box in zip(made["templating"]["list"], read.templating.list_val or [], strict=True):
        assert set(box) <= set(theirs_box.to_json())


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_panels_do_not_overlap_and_say_what_they_show(board: Board) -> None:
    taken: set[tuple[int, int]] = set()
    for part, (x, y) in zip(board.panels, layout(board.panels), strict=True):
        cells = {(i, j) for i in range(x, x + part.width) for j in range(y, y + part.height)}
        assert not cells & taken
        assert max(i for i, _ in cells) < 24
        taken |= cells
        assert len(part.help) > 10, part.title


def test_a_hostile_name_is_a_value(stores: dict[str, Client]) -> None:
    for name in (*seed.HOSTILE, "ends with \\", "\\' OR 1=1 --", "' OR 1=1 --", "$__fromTime_ms ${model}"):
        sql = f"SELECT {variable('model')} AS model"
        assert ask(stores["empty"], sql, {"model": name}).rows == [(name,)]


def test_nothing_chosen_is_an_empty_text(stores: dict[str, Client]) -> None:
    for name, first in (("model", "(all)"), ("version", "(newest)")):
        assert ask(stores["empty"], f"SELECT {variable(name)} AS value", {name: first}).rows == [("",)]


def test_a_constant_is_quoted(stores: dict[str, Client]) -> None:
    for text in ("it's", "back\\slash", "a\\'b"):
        assert ask(stores["empty"], f"SELECT {literal(text)} AS value", {}).rows == [(text,)]


def test_a_parameter_that_nobody_gives_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown parameter 'model'"):
        asked("traffic_series", {"slot_ns": "time"}, {})


def test_a_question_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="traffic_series"):
        asked("traffic_serie", {"slot_ns": "time"}, {})


def test_an_address_encodes_what_comes_from_a_row() -> None:
    cell = '${__data.fields["id"]:percentencode}'
    assert address(Link("x", "/alerts/{id}"), "https://c.example/") == f"https://c.example/alerts/{cell}"
    assert address(Link("x", "?var-model={id}&a=1", "board"), "") == f"/d/board?var-model={cell}&a=1"


def test_the_expander_refuses_what_grafana_would_leave() -> None:
    for sql in ("SELECT $__unknown", "SELECT ${model}", "SELECT $x", "SELECT $__fromTime_ms()"):
        with pytest.raises(NotExpanded):
            expand(sql, 0, 1, 1, {"model": "m"})


def test_the_band_is_drawn_between_its_edges() -> None:
    for board in BOARDS:
        for part, made in zip(board.panels, drawn(board), strict=True):
            fills = [
                p["value"]
                for o in made.get("fieldConfig", {}).get("overrides", [])
                for p in o["properties"]
                if p["id"] == "custom.fillBelowTo"
            ]
            assert fills == (["low"] if part.band else [])


def test_a_panel_is_data() -> None:
    assert all(isinstance(part, Panel) for board in BOARDS for part in board.panels)
