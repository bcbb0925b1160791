"""Scores a plain CSV series (`timestamp,value`): the same rows in the same order with one more column, `score`.

The score lies in [0, 1]; 0.5 and above is a detection. It depends on this row and the rows above it only, and no
setting changes it. A row without a number as value gets an empty score; a row whose timestamp is unreadable or goes
back is scored in the order it came. Both are counted on stderr. Files may be gzipped; `-` reads standard input and
answers each line as it comes. With --output the rows go to a file and --json prints the counts on stdout.
"""

from __future__ import annotations

import argparse
import json
import sys

from schemas.settings import Settings
from streams.scored import Scored
from streams.scoredout import opened
from streams.seriesfile import STDIN, header, lines
from streams.terminal import Progress

HELP = "score each row of a plain CSV series (timestamp,value) by how unusual it is"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the series, CSV with a header; .gz is read as well; - is stdin")
    parser.add_argument("--output", metavar="FILE", help="write the scored rows there; default: stdout")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write the scored rows. What was counted goes to stderr as a sentence, or where stdout is free as JSON to it."""
    source = lines(args.file)
    first = next(source, "")
    scored = Scored(header(first))
    progress, live = Progress("score-series"), args.file == STDIN
    with opened(args.output, args.file) as sink:
        print(f"{first},score", file=sink, flush=live)
        for line in source:
            print(scored.line(line), file=sink, flush=live)
            progress.say(lambda: f"{scored.rows:,} rows")
    if args.json and args.output:
        print(json.dumps(scored.counts()))
    else:
        print(scored.sentence(), file=sys.stderr)
    return 0
