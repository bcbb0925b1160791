"""Scores texts, one JSON object with `text` a line: the same rows in the same order with `score` and `findings`.

The score lies in [0, 1] and says how much a text looks like an attack on a language model; 0.5 and above is one.
Findings are {kind, start, end}, places in code points: injection.*, pii.*, secret.*; what leaks does not raise the
score, and no finding repeats what it found. A row without a text, or that is no JSON object, gets a score of null and
no findings; both are counted on stderr. Files may be gzipped; `-` reads standard input and answers each line as it
comes.
"""

from __future__ import annotations

import argparse

from schemas.settings import Settings
from streams import scoredout
from streams.scoredtext import ScoredText
from streams.seriesfile import lines

HELP = "score each text of a JSON lines file by how much it looks like an attack, and find what leaks in it"


def arguments(parser: argparse.ArgumentParser) -> None:
    scoredout.arguments(parser, "JSON lines with a field text")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write the scored rows; the counts go to stderr, or with --json and --output as JSON to stdout."""
    scoredout.write(args, "score-text", ScoredText(), lines(args.file))
    return 0
