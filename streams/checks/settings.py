"""Which settings are in force. Of a secret it is said only whether it is set."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator

from schemas.settings import SECTIONS, Settings
from streams.checks import OK, Finding


def check(settings: Settings, config: str | None) -> Iterator[Finding]:
    """The file, and every value that is not the default."""
    file = config or os.environ.get("MIRQAB_CONFIG")
    yield Finding("settings", OK, f"from {file} and the environment" if file else "from the environment; no file")
    changed = list(differences(settings))
    yield Finding("settings", OK, ", ".join(changed) if changed else "every setting has its default")


def differences(settings: Settings) -> Iterator[str]:
    """section.name = value, for values that are not the default."""
    for name, cls in SECTIONS.items():
        default, values = cls(), getattr(settings, name)
        for f in dataclasses.fields(cls):
            value = getattr(values, f.name)
            if f.metadata["secret"]:
                if value:
                    yield f"{name}.{f.name} is set"
            elif value != getattr(default, f.name):
                yield f"{name}.{f.name} = {value!r}"
    if settings.models:
        yield f"models: {len(settings.models)} patterns"
