"""Verbs of a command, such as `mirqab baseline show`: each has its own help, and the options that all commands have.

It only builds parsers. The verb that was given is `args.verb`.
"""

from __future__ import annotations

import argparse
from typing import Any


def verbs(parser: argparse.ArgumentParser) -> Any:
    """Where the verbs of a command are added, with `verb`; one of them must be given."""
    return parser.add_subparsers(dest="verb", required=True, metavar="VERB", help="what to do; each has its own --help")


def verb(subs: Any, name: str, help: str, about: str) -> argparse.ArgumentParser:
    """One verb. `help` is one line; `about` says what it will do and what it does not."""
    parser: argparse.ArgumentParser = subs.add_parser(name, help=help, description=about)
    # Without a default of their own, so that an option given before the verb is not forgotten.
    parser.add_argument(
        "--config",
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="settings file (TOML); MIRQAB_CONFIG if not given",
    )
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON on stdout")
    return parser
