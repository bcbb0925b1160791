"""A question of `dashboards/queries` as SQL for Grafana's ClickHouse plugin: parameters become macros and variables.

The console lets the server bind {name:Type}; Grafana can only replace text before it sends a query. So times become the
plugin's macros (its backend knows them, so they work in alert rules too), and a dashboard variable arrives percent
encoded: of what a log may have put into it only letters, digits and `-_.~%` are left, in quotes, and ClickHouse decodes
it. Grafana's own `sqlstring` and `singlequote` leave backslashes alone, which ClickHouse takes for escapes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboards.questions import PARAMETER, question
from schemas.errors import UsageError, unknown

Fixed = Mapping[str, str | int | Sequence[str]]
FROM, UNTIL = "$__fromTime_ms", "$__toTime_ms"
TIMES = {
    "from_ns": f"toUnixTimestamp64Milli({FROM}) * 1000000",
    "until_ns": f"toUnixTimestamp64Milli({UNTIL}) * 1000000",
    "step_ns": "toInt64($__interval_s) * 1000000000",
}
# What a variable says where nothing is chosen; the empty text that questions take for it is no choice in Grafana.
WHOLE = {"model": "(all)", "version": "(newest)", "feature": "(all)"}


def asked(
    name: str, columns: Mapping[str, str], fixed: Fixed, variables: Sequence[str] = (), series: bool = False
) -> str:
    """SQL of one question that returns `columns` (its column -> as shown), with every parameter replaced.

    `*_ns` columns become DateTime64, 0 of them NULL; of a `series` the first column is `time` and numbers are floats.
    Raises UsageError for a parameter that is neither fixed, nor a time, nor one of the board's variables.
    """
    known = question(name)
    text = known.sql
    for parameter in known.parameters:
        value = _value(parameter, fixed, variables, name)
        text = PARAMETER.sub(lambda found, p=parameter, v=value: v if found[1] == p else found[0], text)  # type: ignore[misc]
    shown = [_column(source, alias, i == 0 and series) for i, (source, alias) in enumerate(columns.items())]
    order = "\nORDER BY time" if series else ""
    head = ",\n    ".join(shown)
    body = "\n".join(f"    {line}" for line in text.splitlines())
    return f"SELECT\n    {head}\nFROM (\n{body}\n){order}"


def literal(value: str | int | Sequence[str]) -> str:
    """A constant of ours as ClickHouse reads it."""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return "[" + ", ".join(literal(each) for each in value) + "]"


def variable(name: str) -> str:
    """A dashboard variable as SQL text that holds nothing but its value; the first choice is an empty text."""
    encoded = f"'${{{name}:percentencode}}'"
    whole = WHOLE[name].replace("(", "%28").replace(")", "%29")
    return f"if({encoded} = '{whole}', '', decodeURLComponent({encoded}))"


def _value(parameter: str, fixed: Fixed, variables: Sequence[str], name: str) -> str:
    if parameter in fixed:
        return literal(fixed[parameter])
    if parameter in TIMES:
        return f"({TIMES[parameter]})"
    if parameter in variables:
        return variable(parameter)
    raise UsageError(f"question {name!r}: {unknown('parameter', parameter, [*fixed, *TIMES, *variables])}")


def _column(source: str, alias: str, time: bool) -> str:
    if source.endswith("_ns"):
        moment = f"fromUnixTimestamp64Milli(intDiv({source}, 1000000), 'UTC')"
        return f"{moment} AS time" if time else f"if({source} = 0, NULL, {moment}) AS {quoted(alias)}"
    return source if source == alias else f"{source} AS {quoted(alias)}"


def quoted(name: str) -> str:
    """A column's name as ClickHouse reads it."""
    return "`" + name.replace("`", "") + "`"
