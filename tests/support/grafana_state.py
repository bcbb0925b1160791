"""What the stand-in for Grafana holds, and how it refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
UID = re.compile(r"[A-Za-z0-9_-]{1,40}")


class No(Exception):
    """An answer that refuses."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class State:
    """What this Grafana holds. Tests may look at it and change it, as people and provisioning files do."""

    folders: dict[str, Json] = field(default_factory=dict)
    dashboards: dict[str, list[Json]] = field(default_factory=dict)  # uid -> versions, oldest first
    provisioned: set[str] = field(default_factory=set)  # uids of dashboards from files
    datasources: dict[str, Json] = field(default_factory=dict)
    rules: dict[str, Json] = field(default_factory=dict)
    points: dict[str, Json] = field(default_factory=dict)
    timings: dict[str, Json] = field(default_factory=dict)
    role: str = "Admin"
    writes: list[str] = field(default_factory=list)
    plugin: bool = True


def there(things: dict[str, Any], uid: str, message: str) -> Any:
    if uid not in things:
        raise No(404, message)
    return things[uid]
