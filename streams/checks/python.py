"""The Python that runs us."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator

from schemas.settings import Settings
from streams.checks import FAILED, OK, Finding

NEEDED = (3, 11)


def check(settings: Settings, config: str | None) -> Iterator[Finding]:
    """Its version."""
    text = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < NEEDED:
        yield Finding("python", FAILED, text, f"install Python {NEEDED[0]}.{NEEDED[1]} or later")
    else:
        yield Finding("python", OK, text)
