"""The command `mirqab`: finds the sub-commands, reads the settings, turns our errors into one sentence and exit code 1.

Data go to stdout, progress to stderr. A user's mistake never prints a traceback; a defect does.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points, version
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import streams.commands
from schemas.errors import MirqabError
from schemas.settings import load_settings


def commands(only: str | None = None) -> dict[str, ModuleType]:
    """Sub-commands by name: the folder `streams/commands`, then entry points of the group `mirqab.commands`.

    All, or the one that `only` names: to import them all takes two seconds, which only who asks for the list waits.
    """
    load: dict[str, Callable[[], ModuleType]] = {
        found.name.replace("_", "-"): partial(import_module, f"streams.commands.{found.name}")
        for found in iter_modules(streams.commands.__path__)
    }
    for point in entry_points(group="mirqab.commands"):
        load.setdefault(point.name, point.load)
    return {name: load[name]() for name in ([only] if only in load else sorted(load))}


class Parser(argparse.ArgumentParser):
    """Answers a word it does not know with its own usage; argparse leaves that to the outermost, which names commands.

    Verbs of a command are parsers of this class too.
    """

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        return found, rest


def parser(found: dict[str, ModuleType]) -> argparse.ArgumentParser:
    """The argument parser of all commands."""
    top = Parser(prog="mirqab", description="Watches models through their inference logs.")
    top.add_argument("--version", action="version", version=f"mirqab {version('mirqab')}")
    subs = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in found.items():
        sub = subs.add_parser(name, help=module.HELP, description=module.__doc__)
        sub.add_argument("--config", metavar="FILE", help="settings file (TOML); MIRQAB_CONFIG if not given")
        sub.add_argument("--json", action="store_true", help="print JSON on stdout")
        module.arguments(sub)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the value is the process's exit code."""
    words = sys.argv[1:] if argv is None else argv
    found = commands(words[0] if words else None)
    args = parser(found).parse_args(words)
    try:
        return int(found[args.command].run(args, load_settings(args.config)))
    except MirqabError as e:
        print(f"mirqab {args.command}: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`); nothing is left to say, and the interpreter must not try.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
