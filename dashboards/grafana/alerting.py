"""Grafana's own alert rules: a question, which of its columns are labels, and the number from which it fires.

They do not judge models; Mirqab has judged. They carry what it stored to Grafana's receivers, and say when nothing is
stored any more. Each rule names its receiver itself, so that a policy tree somebody has made is never touched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal

from dashboards.grafana import rules
from dashboards.grafana.board import panel_id
from dashboards.grafana.panels import Json, query
from dashboards.grafana.sql import Fixed, asked, literal
from schemas.errors import UsageError

GROUP = "mirqab"
EVERY_S = 60
NOW: Json = {"from": 0, "to": 0}
# Models are named by whoever writes the log: what chat tools take for mentions, links or markup never is in a label.
MARKUP = literal(r"[<>@&|*~`\[\]\p{Cc}]")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. It fires for each row of the question whose `value` is above `above`.

    `panel` is a title on `board`; `above` None stands for `grafana.absent_minutes`. `summary` is Grafana's template
    over `labels`; `path` is the console's page, with {column}; `no_data` and `on_error` say what the rule is when
    nothing comes back, or the query fails.
    """

    uid: str
    title: str
    summary: str
    help: str
    question: str
    value: str
    severity: Literal["critical", "high", "medium"]
    board: str
    panel: str
    labels: tuple[str, ...] = ()
    above: float | None = 0
    fixed: Fixed = field(default_factory=dict)
    path: str = "/wellness"
    lasting: str = "0s"
    no_data: Literal["OK", "Alerting"] = "OK"
    on_error: Literal["Error", "Alerting"] = "Error"


def all_rules() -> tuple[Rule, ...]:
    """Every rule: `RULE` of each module in `rules/`, in order of their uid. Raises UsageError for two alike."""
    modules = [import_module(f"{rules.__name__}.{module.name}") for module in iter_modules(rules.__path__)]
    found: list[Rule] = sorted((module.RULE for module in modules), key=lambda rule: rule.uid)
    if len({rule.uid for rule in found}) < len(found) or len({rule.title for rule in found}) < len(found):
        raise UsageError("two alert rules of Grafana have the same uid or title")
    return tuple(found)


def alert_rule(
    rule: Rule, *, datasource: str, folder: str, console: str, absent: int, receiver: str, muted: tuple[str, ...]
) -> Json:
    """The rule as Grafana's provisioning API reads it; without a `receiver` Grafana's own policies route it."""
    above = absent if rule.above is None else rule.above
    # One number, and texts: only so does Grafana take each row for an instance of its own.
    texts = {f"replaceRegexpAll(toString({name}), {MARKUP}, '_')": name for name in rule.labels}
    sql = asked(rule.question, {**texts, f"toFloat64({rule.value})": rule.value}, rule.fixed)
    made: Json = {
        "uid": rule.uid,
        "title": rule.title,
        "ruleGroup": GROUP,
        "folderUID": folder,
        "orgID": 1,
        "condition": "C",
        "for": rule.lasting,
        "noDataState": rule.no_data,
        "execErrState": rule.on_error,
        "labels": {"severity": rule.severity, "source": "mirqab"},
        "annotations": {
            "summary": rule.summary,
            "description": rule.help,
            "console": console.rstrip("/") + _path(rule.path),
            "__dashboardUid__": rule.board,
            "__panelId__": str(panel_id(rule.board, rule.panel)),
        },
        "data": [
            # A quarter of an hour; until now, since what is stored is final when it is stored.
            _step("A", datasource, {"from": 900, "to": 0}, {**query(sql, "table", datasource), "intervalMs": 60_000,
                                                            "maxDataPoints": 1000}),
            _step("B", "__expr__", NOW, {"refId": "B", "type": "reduce", "expression": "A", "reducer": "last"}),
            _step("C", "__expr__", NOW, {"refId": "C", "type": "threshold", "expression": "B",
                                         "conditions": [{"evaluator": {"type": "gt", "params": [above]}}]}),
        ],
    }  # fmt: skip
    if receiver:
        made["notification_settings"] = {
            "receiver": receiver,
            "group_by": ["alertname", "grafana_folder", *(("model",) if "model" in rule.labels else ())],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "4h",
            "mute_time_intervals": list(muted),
        }
    return made


def _step(ref: str, datasource: str, stretch: Json, model: Json) -> Json:
    return {"refId": ref, "queryType": "", "relativeTimeRange": stretch, "datasourceUid": datasource, "model": model}


def _path(path: str) -> str:
    """The console's page; a label is escaped for an address by Grafana's template."""
    for piece in path.split("{")[1:]:
        name = piece.partition("}")[0]
        path = path.replace("{" + name + "}", "{{ urlquery $labels." + name + " }}")
    return path
