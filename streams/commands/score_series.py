"""Scores a plain CSV series (`timestamp,value`): the same rows in the same order with one more column, `score`.

The score lies in [0, 1]; 0.5 and above is a detection. It depends on this row and the rows above it only, and no
setting changes it. A row without a number as value gets an empty score; a row whose timestamp is unreadable or goes
back is scored in the order it came. Both are counted on stderr. Files may be gzipped; `-` reads standard input and
answers each line as it comes. --json prints each row as a JSON object; with --output the rows go to a file as CSV, and
--json prints the counts on stdout.
"""

from __future__ import annotations

import argparse

from schemas.settings import Settings
from streams import scoredout
from streams.scored import Scored, ScoredAsJson
from streams.seriesfile import header, lines, split

HELP = "score each row of a plain CSV series (timestamp,value) by how unusual it is"


def arguments(parser: argparse.ArgumentParser) -> None:
    scoredout.arguments(parser, "the series, CSV with a header")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write the scored rows. What was counted goes to stderr as a sentence, or where stdout is free as JSON to it."""
    source = lines(args.file)
    first = next(source, "")
    columns = header(first)
    if args.json and not args.output:
        scoredout.write(args, "score-series", ScoredAsJson(columns, heads=tuple(split(first))), source)
    else:
        scoredout.write(args, "score-series", Scored(columns), source, heads=(f"{first},score",))
    return 0
