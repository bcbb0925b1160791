"""Scored rows, from a file to the file of --output or stdout: what `score-series` and `score-text` have in common.

Bytes that are no UTF-8 leave as they came.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, TextIO

from schemas.errors import UsageError
from streams.seriesfile import BROKEN, ENCODING, STDIN
from streams.terminal import Progress


class Scorer(Protocol):
    """What scores rows one by one and counts what it saw."""

    rows: int

    def line(self, line: str) -> str:
        """The row with its score."""

    def counts(self) -> Mapping[str, Any]:
        """The counts for programs."""

    def sentence(self) -> str:
        """The counts for a person."""


def arguments(parser: argparse.ArgumentParser, source: str) -> None:
    """The options of both; `source` says what FILE holds."""
    parser.add_argument("file", metavar="FILE", help=f"{source}; .gz is read as well; - is stdin")
    parser.add_argument("--output", metavar="FILE", help="write the scored rows there; default: stdout")


def write(
    args: argparse.Namespace, command: str, scorer: Scorer, rows: Iterable[str], heads: Iterable[str] = ()
) -> None:
    """Write the heads, then every row with its score.

    What was counted goes to stderr as a sentence, or where --json asks and stdout is free (--output) as JSON to it.
    """
    progress, live = Progress(command), args.file == STDIN
    with opened(args.output, args.file) as sink:
        for head in heads:
            print(head, file=sink, flush=live)
        for row in rows:
            print(scorer.line(row), file=sink, flush=live)
            progress.say(lambda: f"{scorer.rows:,} rows")
    if args.json and args.output:
        print(json.dumps(scorer.counts()))
    else:
        print(scorer.sentence(), file=sys.stderr)


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
