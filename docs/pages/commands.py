"""Every sub-command and option."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from docs.markdown import cell, code, document, grid
from streams import cli


def command(name: str, parser: argparse.ArgumentParser, mark: str) -> Iterator[str]:
    """One command with its options, then its verbs."""
    yield from (f"{mark} {name}", "", (parser.description or "").strip(), "")
    rows = []
    for action in parser._actions:
        shown = ", ".join(action.option_strings) or str(action.metavar or action.dest)
        if action.option_strings and action.nargs != 0:
            shown += f" {action.metavar or action.dest.upper()}"
        rows.append((code(shown), cell(action.help or "")))
    yield from grid(("option", "meaning"), rows)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb, sub in action.choices.items():
                yield from command(f"{name} {verb}", sub, mark + "#")


def page() -> str:
    """Every sub-command and option."""

    def lines() -> Iterator[str]:
        top = cli.parser(cli.commands())
        subs = next(a for a in top._actions if isinstance(a, argparse._SubParsersAction))
        for name, sub in subs.choices.items():
            yield from command(f"mirqab {name}", sub, "##")

    about = (
        "Data go to stdout, progress to stderr. Exit code 0: done; 1: failed, with one sentence on stderr; 2: not "
        "understood; 130: interrupted before it began to work."
    )
    return document("Commands", about, lines())
