"""What Grafana and its ClickHouse plugin do to SQL before the server sees it, as far as our SQL uses it.

Written after the plugin's `pkg/macros` (4.20) and Grafana's format registry (13): times become numbers in functions,
`${name:percentencode}` becomes encodeURIComponent with `!'()*` encoded as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

MACRO = re.compile(r"\$__(\w+)(\(?)")
VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}")


class NotExpanded(Exception):
    """Something that Grafana would not have replaced, or that an alert rule may not use."""


def expand(sql: str, from_ms: int, until_ms: int, interval_s: int, variables: Mapping[str, str] | None = None) -> str:
    """The SQL as the server gets it; without `variables` as in an alert rule, where there are none."""
    known = {
        "fromTime_ms": f"fromUnixTimestamp64Milli({from_ms})",
        "toTime_ms": f"fromUnixTimestamp64Milli({until_ms})",
        "interval_s": str(max(1, interval_s)),
    }

    def macro(found: re.Match[str]) -> str:
        if found[1] not in known or found[2]:
            raise NotExpanded(f"unknown macro {found[0]}")
        return known[found[1]]

    def value(found: re.Match[str]) -> str:
        if variables is None or found[1] not in variables or found[2] != "percentencode":
            raise NotExpanded(f"{found[0]} is no variable here, or not percent encoded")
        return quote(variables[found[1]], safe="-_.~")

    # Variables first, as the browser does; what they hold can no longer hold a macro, for `$` is encoded.
    done = MACRO.sub(macro, VARIABLE.sub(value, sql))
    if "$" in done:
        raise NotExpanded(f"a $ is left over in {done!r}")
    return done
