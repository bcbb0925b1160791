"""What was pushed to Grafana, written down: one act `push` per push, beside what people do.

The fingerprint is of what this version ships, whatever the settings: whoever compares it later, the console's health
page or the pager, may have other settings than the machine that pushed.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from getpass import getuser
from hashlib import blake2b
from importlib.metadata import version

from dashboards.grafana.alerting import alert_rule, all_rules
from dashboards.grafana.board import all_boards, dashboard
from dashboards.writer import write_acts
from schemas.actions import PUSH, act
from schemas.errors import MirqabError, SettingError
from schemas.settings import Settings


@cache
def fingerprint() -> str:
    """Hash of the dashboards and alert rules that this version ships."""
    boards = [dashboard(board, "", "") for board in all_boards()]
    rules = [
        alert_rule(rule, datasource="", folder="", console="", absent=0, receiver="", muted=()) for rule in all_rules()
    ]
    return blake2b(json.dumps([boards, rules], sort_keys=True).encode(), digest_size=8).hexdigest()


def keep(settings: Settings, outcome: str, said: str, at_ns: int) -> None:
    """Write down that a push was done, kept something as somebody left it, or failed, and what it said.

    A store that does not take it is said on stderr and is no failure: Grafana has what it was given.
    """
    value = f"{outcome} {version('mirqab')} {fingerprint()}"
    made = act(at_ns, PUSH, "grafana", settings.grafana.url, actor=who(), reason=said[:300], value=value)
    try:
        if not settings.store.url:
            raise SettingError("store.url is empty")
        write_acts(settings.store, [made])
    except MirqabError as e:
        print(f"mirqab grafana: not written down, so nobody will notice when it is out of date: {e}", file=sys.stderr)


def who() -> str:
    """Who runs this, as far as the machine knows."""
    try:
        return getuser()
    except (KeyError, OSError):
        return "mirqab grafana push"
