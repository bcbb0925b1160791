"""Scores texts, one JSON object with `text` a line: the same rows in the same order with `score` and `findings`.

The score lies in [0, 1] and says how much a text looks like an attack on a language model; 0.5 and above is one.
Findings are {kind, start, end}, places in code points: injection.*, pii.*, secret.*; what leaks does not raise the
score, and no finding repeats what it found. A row without a text, or that is no JSON object, gets a score of null and
no findings; both are counted on stderr. Files may be gzipped; `-` reads standard input and answers each line as it
comes.
"""

from __future__ import annotations

import argparse
import json
import sys

from schemas.settings import Settings
from streams.scoredout import opened
from streams.scoredtext import ScoredText
from streams.seriesfile import STDIN, lines
from streams.terminal import Progress

HELP = "score each text of a JSON lines file by how much it looks like an attack, and find what leaks in it"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="JSON lines with a field text; .gz is read as well; - is stdin")
    parser.add_argument("--output", metavar="FILE", help="write the scored rows there; default: stdout")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write the scored rows; the counts go to stderr, or with --json and --output as JSON to stdout."""
    scored, progress, live = ScoredText(), Progress("score-text"), args.file == STDIN
    with opened(args.output, args.file) as sink:
        for line in lines(args.file):
            print(scored.line(line), file=sink, flush=live)
            progress.say(lambda: f"{scored.rows:,} rows")
    if args.json and args.output:
        print(json.dumps(scored.counts()))
    else:
        print(scored.sentence(), file=sys.stderr)
    return 0
