"""How Grafana writes panels, variables and annotations: the classic JSON that versions 11 to 13 read."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, NamedTuple

from dashboards.grafana.parts import Annotation, Link, Panel
from dashboards.grafana.sql import Fixed, asked

PLUGIN = "grafana-clickhouse-datasource"
Json = dict[str, Any]
# Grafana escapes these in cells; the formats keep a hostile value inside one path step or parameter.
CELL = '${{__data.fields["{name}"]:percentencode}}'


class Variable(NamedTuple):
    """A box at the top of a dashboard: the question that fills it, and the boxes that question needs."""

    name: str
    label: str
    question: str
    column: str
    fixed: Fixed = MappingProxyType({})
    needs: tuple[str, ...] = ()


VARIABLES = {
    "model": Variable("model", "Model", "choices_of_model", "choice"),
    "one model": Variable("model", "Model", "models_seen", "model", {"model": ""}),
    "version": Variable("version", "Version", "choices_of_version", "choice", needs=("model",)),
    "feature": Variable("feature", "Feature", "choices_of_feature", "choice", needs=("model",)),
}


def source(uid: str) -> Json:
    """The reference to our data source."""
    return {"type": PLUGIN, "uid": uid}


def query(sql: str, kind: str, uid: str, ref: str = "A") -> Json:
    """A target of the plugin; `kind` is timeseries or table."""
    return {
        "refId": ref,
        "datasource": source(uid),
        "editorType": "sql",
        "queryType": kind,
        "format": 0 if kind == "timeseries" else 1,
        "rawSql": sql,
    }


def panel(part: Panel, number: int, place: tuple[int, int], uid: str, console: str, variables: tuple[str, ...]) -> Json:
    """One panel at `place` (x, y) of the grid, with its id."""
    made: Json = {
        "id": number,
        "title": part.title,
        "description": part.help,
        "gridPos": {"x": place[0], "y": place[1], "w": part.width, "h": part.height},
    }
    if part.kind == "note":
        return {**made, "type": "text", "description": "", "options": {"mode": "markdown", "content": part.help}}
    series = part.kind == "series"
    sql = asked(part.question, part.columns, part.fixed, variables, series)
    made |= {
        "type": {"series": "timeseries"}.get(part.kind, part.kind),
        "datasource": source(uid),
        "targets": [query(sql, "timeseries" if series else "table", uid)],
        "fieldConfig": {"defaults": _defaults(part), "overrides": _overrides(part, console)},
        "options": _options(part.kind),
    }
    return {**made, "interval": part.every} if series else made


def variable(box: Variable, uid: str) -> Json:
    """A box at the top of a dashboard; Grafana takes the first answer where nothing was chosen."""
    return {
        "type": "query",
        "name": box.name,
        "label": box.label,
        "datasource": source(uid),
        "query": asked(box.question, {box.column: box.column}, box.fixed, box.needs),
        "refresh": 2,
        "sort": 0,
        "multi": False,
        "includeAll": False,
        "current": {},
        "options": [],
        "hide": 0,
    }


def annotation(mark: Annotation, uid: str, variables: tuple[str, ...]) -> Json:
    """Marks that a question gives."""
    sql = asked(mark.question, mark.columns, {}, variables)
    return {
        "name": mark.name,
        "datasource": source(uid),
        "enable": True,
        "hide": False,
        "iconColor": mark.colour,
        "target": query(sql, "table", uid, "Anno"),
    }


def _defaults(part: Panel) -> Json:
    defaults: Json = {"unit": part.unit, "custom": _custom(part)}
    if part.least is not None:
        defaults["min"] = part.least
    if part.steps:
        steps = [{"value": value, "color": colour} for value, colour in part.steps]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
        defaults["color"] = {"mode": "thresholds"}
    if part.kind == "stat":
        defaults["noValue"] = "no data"
        del defaults["custom"]
    return defaults


def _custom(part: Panel) -> Json:
    if part.kind != "series":
        return {"align": "auto", "cellOptions": {"type": "auto"}}
    if part.bars:
        return {"drawStyle": "bars", "fillOpacity": 60, "lineWidth": 0, "stacking": {"mode": "normal", "group": "A"}}
    return {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 0, "showPoints": "auto", "spanNulls": False}


def _overrides(part: Panel, console: str) -> list[Json]:
    found = []
    if part.band:
        edge = {
            "custom.lineWidth": 0,
            "color": {"mode": "fixed", "fixedColor": "#808080"},
            "custom.showPoints": "never",
        }
        found.append(_override("low", edge))
        found.append(_override("high", {**edge, "custom.fillBelowTo": "low", "custom.fillOpacity": 20}))
        dashed = {"custom.lineStyle": {"fill": "dash", "dash": [6, 6]}, "custom.showPoints": "never"}
        found.append(_override("expected", dashed))
        found.append(_override("observed", {"custom.lineWidth": 2}))
    for column, link in part.links.items():
        found.append(_override(column, {"links": [{"title": link.title, "url": address(link, console)}]}))
    return found


def _override(name: str, properties: Json) -> Json:
    listed = [{"id": key, "value": value} for key, value in properties.items()]
    return {"matcher": {"id": "byName", "options": name}, "properties": listed}


def address(link: Link, console: str) -> str:
    """Where a cell's link leads; values of the row are percent encoded by Grafana."""
    path = ""
    for i, piece in enumerate(link.path.split("{")):
        name, _, rest = piece.partition("}") if i else ("", "", piece)
        path += (CELL.format(name=name) if i else "") + rest
    return f"/d/{link.board}{path}" if link.board else f"{console.rstrip('/')}{path}"


def _options(kind: str) -> Json:
    if kind == "series":
        return {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                "tooltip": {"mode": "multi", "sort": "desc"}}  # fmt: skip
    if kind == "stat":
        return {"colorMode": "background", "graphMode": "none", "justifyMode": "auto", "textMode": "auto",
                "reduceOptions": {"calcs": ["max"], "values": False, "fields": ""}}  # fmt: skip
    return {"showHeader": True, "cellHeight": "sm", "footer": {"show": False, "reducer": []}}
