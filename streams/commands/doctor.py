"""Check everything Mirqab is configured to use, and say for each what to do."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import textwrap
from collections.abc import Sequence

from schemas.settings import Settings
from streams.checks import FAILED, WARNING, Finding, run_checks

HELP = "check everything Mirqab is configured to use, and say what to do"
WIDTH = 100


def arguments(parser: argparse.ArgumentParser) -> None:
    """It has no options of its own."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the findings; exit code 1 if one failed."""
    found = run_checks(settings, args.config)
    if args.json:
        print(json.dumps([dataclasses.asdict(finding) for finding in found], indent=1))
    else:
        sys.stdout.write(table(found))
    return 1 if any(finding.state == FAILED for finding in found) else 0


def table(found: Sequence[Finding]) -> str:
    """The findings for a person: check, state and text, and below it what to do."""
    lines = []
    for finding in found:
        head = f"{finding.check:<9} {finding.state:<8} "
        lines.append(_wrapped(head, finding.text))
        if finding.remedy:
            lines.append(_wrapped(" " * len(head) + "→ ", finding.remedy))
    counts = [sum(finding.state == state for finding in found) for state in (FAILED, WARNING)]
    lines.append(f"{counts[0]} failed, {counts[1]} to look at" if any(counts) else "all is well")
    return "\n".join(lines) + "\n"


def _wrapped(head: str, text: str) -> str:
    # What a broker or a file says may hold control characters that would move the cursor.
    plain = "".join(c if c.isprintable() else "?" for c in text)
    return textwrap.fill(
        plain,
        WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
