"""Receivers of pages and the routes to them: [receivers.NAME] and [[routes]] of the settings.

A receiver is a `kind` (a module of streams/notifiers) and its options. What is secret is given as `<option>_file` or as
the variable MIRQAB_RECEIVER_<NAME>_<OPTION>, never in the file. A route takes an incident if all it names fits; an
incident goes to the receivers of every route that takes it. Without routes, pages go to every receiver.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from schemas.alerts import FAMILIES, PAGE, TICKET
from schemas.errors import SettingError, unknown

NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
VARIABLE = "MIRQAB_RECEIVER_"
CONDITIONS = ("teams", "models", "criticality", "families", "days")


@dataclass(frozen=True, slots=True)
class Receiver:
    """One receiver. `options` are as the file has them, `secrets` never shown."""

    name: str
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def get(self, name: str, default: Any = "") -> Any:
        """An option, secret or not."""
        return self.secrets.get(name, self.options.get(name, default))


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One route. An empty list takes anything; `hours` are UTC, "22:00-06:00" goes over midnight."""

    receivers: tuple[str, ...]
    levels: tuple[str, ...] = (PAGE,)
    teams: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    criticality: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    hours: str = ""

    @property
    def said(self) -> str:
        """In words: what it takes, and who is told.

        >>> Route(receivers=("mail",), teams=("payments", "loans"), hours="05:00-15:00").said
        'page, teams payments or loans, 05:00-15:00 UTC: to mail'
        """
        limits = [f"{name} {' or '.join(given)}" for name in CONDITIONS if (given := getattr(self, name))]
        hours = [f"{self.hours} UTC"] if self.hours else []
        return f"{', '.join([' or '.join(self.levels), *limits, *hours])}: to {', '.join(self.receivers)}"


def read_receivers(table: Any, env: Mapping[str, str], where: str) -> dict[str, Receiver]:
    """[receivers.*] in the order of the file. Raises SettingError that names the key."""
    if not isinstance(table, dict):
        raise SettingError(f"{where}: [receivers] must hold tables like [receivers.duty]")
    found = {}
    for name, given in table.items():
        at = f"{where}: receivers.{name}"
        if not NAME.fullmatch(name):
            raise SettingError(f"{at}: a name is of small letters, digits and _, such as duty_officer")
        if not isinstance(given, dict) or not isinstance(given.get("kind"), str):
            raise SettingError(f'{at}: needs kind = "…", one of the receivers of docs/paging.md')
        options = {k: v for k, v in given.items() if k != "kind" and not k.endswith("_file")}
        secrets = {k.removesuffix("_file"): _read(v, f"{at}.{k}") for k, v in given.items() if k.endswith("_file")}
        if "ca_file" in given:
            options["ca_file"] = given["ca_file"]
            del secrets["ca"]
        prefix = f"{VARIABLE}{name}_".upper()
        secrets |= {k[len(prefix) :].lower(): v for k, v in env.items() if k.startswith(prefix)}
        found[name] = Receiver(name, given["kind"], options, secrets)
    return found


def read_routes(rows: Any, receivers: Mapping[str, Receiver], where: str) -> tuple[Route, ...]:
    """[[routes]] in the order of the file. Raises SettingError that names the route and the key."""
    if not isinstance(rows, list):
        raise SettingError(f"{where}: routes are written as [[routes]]")
    found = []
    for number, row in enumerate(rows, 1):
        at = f"{where}: route {number}"
        for key in row if isinstance(row, dict) else ():
            if key not in Route.__struct_fields__:
                raise SettingError(f"{at}: {unknown('key', key, Route.__struct_fields__)}")
        try:
            route = msgspec.convert(row, Route)
        except msgspec.ValidationError as e:
            raise SettingError(f"{at}: {e}") from e
        known = (("receivers", receivers), ("levels", (TICKET, PAGE)), ("families", FAMILIES), ("days", DAYS))
        for key, choices in known:
            for name in getattr(route, key):
                if name not in choices:
                    raise SettingError(f"{at}: {unknown(key, name, choices)}")
        if route.hours and not HOURS.fullmatch(route.hours):
            raise SettingError(f'{at}: hours = {route.hours!r} must be like "22:00-06:00", UTC')
        found.append(route)
    return tuple(found)


def _read(path: Any, where: str) -> str:
    try:
        return Path(str(path)).read_text(encoding="utf-8").strip()
    except OSError as e:
        raise SettingError(f"{where}: cannot read secret file {path}: {e.strerror}") from e
