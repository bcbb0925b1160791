"""Whether another process holds the folder of an embedded store.

It is seen before the engine is asked, whose own words name neither the process nor a way out.
"""

from __future__ import annotations

import fcntl
import os
import re
from pathlib import Path

from schemas.errors import StoreUnavailable
from schemas.settings import Settings

STATUS = "status"  # the engine's own lock file; its first line names the process


def not_in_use(settings: Settings) -> None:
    """Raises StoreUnavailable if the settings' embedded store is open in another process."""
    holder = None if settings.store.url else held_by(Path(settings.store.folder))
    if holder is not None:
        raise StoreUnavailable(
            f"the embedded store in {settings.store.folder} is open in {holder} (`mirqab up`, `demo` or `worker`), and "
            "only one process at a time can open it: look at that one's console, end it first, or keep events in a "
            "ClickHouse server (store.url), which any number of commands may ask"
        )


def held_by(folder: Path) -> str | None:
    """The other process that has this folder open; None if there is none, or nothing to tell by."""
    try:
        with (folder / STATUS).open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                found = re.match(rb"PID: (\d+)", file.read(100))
                if found and int(found[1]) == os.getpid():
                    return None
                return f"process {int(found[1])}" if found else "another process"
    except OSError:
        return None
    return None
