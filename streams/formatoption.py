"""The option --format of commands that read logs."""

from __future__ import annotations

import argparse

from schemas.errors import UsageError, unknown
from schemas.formats import names
from schemas.settings import Settings


def format_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option."""
    text = f"log format of all records, instead of what settings say: {', '.join(names())}"
    parser.add_argument("--format", metavar="NAME", help=text)


def of_format(args: argparse.Namespace, settings: Settings) -> Settings:
    """The settings with the format that was given, if one was. Raises UsageError for one that is not known."""
    if args.format is None:
        return settings
    if args.format not in names():
        raise UsageError(f"--format: {unknown('log format', args.format, names())}")
    return settings.with_format(args.format)
