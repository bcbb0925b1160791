"""Scores texts, one JSON object with `text` a line: the same rows in the same order with `score` and `findings`.

The score lies in [0, 1] and says how much a text looks like an attack on a language model; 0.5 and above is one.
Findings are {kind, start, end}, places in code points: injection.*, pii.*, secret.*; no finding repeats what it
found. A leak is no attack, but the words around one may look like one, and then the score is high. A row without a
text, or that is no JSON object, gets a score of null and no findings; both are counted on stderr. Files may be
gzipped; `-` reads standard input and answers each line as it comes. Where no row at all has a text the exit code is
1.
"""

from __future__ import annotations

import argparse

from schemas.errors import UsageError
from schemas.settings import Settings
from streams import scoredout
from streams.scoredtext import ScoredText
from streams.seriesfile import lines

HELP = "score each text of a JSON lines file by how much it looks like an attack, and find what leaks in it"


def arguments(parser: argparse.ArgumentParser) -> None:
    scoredout.arguments(parser, "JSON lines with a field text")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write the scored rows; the counts go to stderr, or with --json and --output as JSON to stdout."""
    texts = ScoredText()
    scoredout.write(args, "score-text", texts, lines(args.file))
    if texts.rows and texts.rows == texts.without_text + texts.not_json:
        raise UsageError(f"{args.file}: nothing was scored; no row is a JSON object with a field text")
    return 0
