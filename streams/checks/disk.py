"""Room for the embedded store. A ClickHouse server watches its own disks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from schemas.settings import Settings
from streams.checks import FAILED, OK, WARNING, Finding

FULL, LITTLE = 1 << 30, 10 << 30


def check(settings: Settings, config: str | None) -> Iterator[Finding]:
    """Free space where the store's folder is or will be."""
    if settings.store.url:
        return
    folder = Path(settings.store.folder).resolve()
    while not folder.exists():
        folder = folder.parent
    yield judge(str(folder), shutil.disk_usage(folder).free)


def judge(folder: str, free: int) -> Finding:
    """`free` in bytes; a million events take some 100 MB."""
    text = f"{free / (1 << 30):.1f} GiB free in {folder}"
    remedy = "free some, move store.folder, or set store.retention_days"
    if free < FULL:
        return Finding("disk", FAILED, text, remedy)
    return Finding("disk", WARNING, text, remedy) if free < LITTLE else Finding("disk", OK, text)
