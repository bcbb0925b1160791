"""Whose pseudonym is it? Says which of the names in a list a stored pseudonym stands for; that it was asked is kept.

Pseudonyms cannot be turned back: `privacy.key` only tells of a given name whether it is the one, so the list must hold
it. Whoever has the key can do the same without this command, and then nothing is written down: guard the key.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from schemas.actions import REVEAL, act
from schemas.errors import UsageError
from schemas.settings import Settings
from streams.deeds import kept, signed
from streams.eventrows import pseudonym
from streams.terminal import plain

HELP = "say which of the names in a list a pseudonym stands for"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pseudonym", metavar="PSEUDONYM", help="as it is stored, such as p-0123456789abcdef")
    parser.add_argument("--among", metavar="FILE", required=True, help="names, one a line; - reads them from stdin")
    signed(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    if not settings.privacy.key:
        raise UsageError("there is no privacy.key; it must be the one that the pseudonym was made with")
    found = [name for name in _names(args.among) if pseudonym(name, settings.privacy.key) == args.pseudonym]
    deed = act(
        time.time_ns(), REVEAL, "principal", args.pseudonym, actor=args.by, reason=args.reason, value=str(len(found))
    )
    kept(settings, deed)
    print(json.dumps(found) if args.json else "\n".join(map(plain, found)))
    if not found:
        print("mirqab reveal: none of these names, or not with this privacy.key", file=sys.stderr)
    return 0 if found else 1


def _names(file: str) -> Iterator[str]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise UsageError(f"{file}: cannot be read as text, one name a line: {e}") from e
    return (line.strip() for line in text.splitlines() if line.strip())
