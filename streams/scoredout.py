"""Where scored rows go: the file of --output, or stdout. Bytes that are no UTF-8 leave as they came."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from schemas.errors import UsageError
from streams.seriesfile import BROKEN, ENCODING, STDIN


@contextmanager
def opened(output: str | None, source: str) -> Iterator[TextIO]:
    """The open file. Raises UsageError if it is the one that is read, or cannot be written."""
    if output is not None and os.path.exists(output) and source != STDIN and os.path.samefile(output, source):
        raise UsageError(f"--output {output} is the file that is read")
    try:
        target = sys.stdout.fileno() if output is None else output
        with open(target, "w", encoding=ENCODING, errors=BROKEN, closefd=output is not None) as file:
            yield file
            file.flush()
    except BrokenPipeError:
        raise
    except OSError as e:
        raise UsageError(f"cannot write {output or 'the scores'}: {e.strerror}") from e
