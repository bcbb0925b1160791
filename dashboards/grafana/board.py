"""A dashboard as Grafana reads it: panels in rows, variables, annotations, links between boards."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from dashboards.grafana import boards
from dashboards.grafana.panels import VARIABLES, Json, annotation, panel, variable
from dashboards.grafana.parts import WIDTH, Board, Panel
from schemas.errors import UsageError, unknown

TAG = "mirqab"
SCHEMA = 41  # of the classic JSON; newer Grafanas migrate it when they load it


def all_boards() -> tuple[Board, ...]:
    """Every dashboard: `BOARD` of each module in `boards/`, in order of their uid. Raises UsageError for two alike."""
    modules = [import_module(f"{boards.__name__}.{module.name}") for module in iter_modules(boards.__path__)]
    found: list[Board] = sorted((module.BOARD for module in modules), key=lambda board: board.uid)
    if len({board.uid for board in found}) < len(found):
        raise UsageError(f"two dashboards have the same uid: {', '.join(board.uid for board in found)}")
    return tuple(found)


def dashboard(board: Board, datasource: str, console: str) -> Json:
    """The dashboard's JSON; the same board always gives the same."""
    places = layout(board.panels)
    names = tuple(VARIABLES[key].name for key in board.variables)
    return {
        "uid": board.uid,
        "title": f"Mirqab · {board.title}",
        "description": board.help,
        "tags": [TAG],
        "schemaVersion": SCHEMA,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": board.refresh,
        "time": {"from": board.span, "to": "now"},
        "templating": {"list": [variable(VARIABLES[key], datasource) for key in board.variables]},
        "annotations": {"list": [annotation(mark, datasource, names) for mark in board.annotations]},
        "links": [
            {"type": "dashboards", "title": "Mirqab", "tags": [TAG], "asDropdown": True, "includeVars": False,
             "keepTime": True, "icon": "external link", "targetBlank": False, "tooltip": "", "url": ""},
            {"type": "link", "title": "Console", "url": console, "icon": "dashboard", "targetBlank": True,
             "asDropdown": False, "includeVars": False, "keepTime": False, "tags": [], "tooltip": ""},
        ],
        "panels": [
            panel(part, number, place, datasource, console, names)
            for number, (part, place) in enumerate(zip(board.panels, places, strict=True), 1)
        ],
    }  # fmt: skip


def panel_id(uid: str, title: str) -> int:
    """The number of a panel in its dashboard. Raises UsageError where there is none."""
    titles = {board.uid: [part.title for part in board.panels] for board in all_boards()}
    if title not in titles.get(uid, []):
        raise UsageError(f"dashboard {uid}: {unknown('panel', title, titles.get(uid, []))}")
    return titles[uid].index(title) + 1


def layout(panels: tuple[Panel, ...]) -> list[tuple[int, int]]:
    """Where each panel stands (x, y): left to right, a new row where the next one does not fit."""
    places, x, y, tallest = [], 0, 0, 0
    for part in panels:
        if x + part.width > WIDTH:
            x, y, tallest = 0, y + tallest, 0
        places.append((x, y))
        x, tallest = x + part.width, max(tallest, part.height)
    return places
