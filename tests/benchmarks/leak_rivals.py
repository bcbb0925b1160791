"""`.venv/bin/python tests/benchmarks/leak_rivals.py --python PATH` prints which leaks others find beside ours.

PATH is a Python of a throw-away environment with `detect-secrets` and `presidio-analyzer`; what it lacks is said to be
not installed. The texts are expected in `../shared/data/leaks`. Ours was written with them at hand, theirs was not.
Kinds that one does not look for are left out of its rows: detect-secrets knows only secrets, Presidio's patterns no
secrets and no Qatari ids.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitors.text import Finding, find
from tests.support.texts import kinds_of_leaks, rows_of_leaks

WORKER = Path(__file__).with_name("leak_rivals_worker.py")
NAMES = ("leaks_generated_dev", "pii_presidio_dev")
SECRETS = "secrets_gitleaks_fixtures_dev"
Finder = Callable[[str], list[Finding]]


def asked(python: str, rival: str, texts: list[str]) -> Finder | None:
    """What a rival finds in these texts; None where it is not installed."""
    done = subprocess.run(
        [python, str(WORKER), rival], input=json.dumps(texts), capture_output=True, text=True, timeout=900, check=False
    )
    if done.returncode:
        print(
            f"{rival}: not installed in {Path(python).name}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr
        )
        return None
    known = {text: [Finding(*one) for one in found] for text, found in zip(texts, json.loads(done.stdout), strict=True)}
    return lambda text: known[text]


def shown(name: str, who: str, rows: list[dict[str, Any]], finder: Finder) -> None:
    hit, missed, false = kinds_of_leaks(rows, finder)
    for kind in sorted(hit | missed):
        if who == "mirqab" or hit[kind] or false[kind]:
            recall, precision = hit[kind] / (hit[kind] + missed[kind]), hit[kind] / max(1, hit[kind] + false[kind])
            print(f"| {name} | {kind} | {who} | {recall:.3f} | {precision:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--python", default=sys.executable, help="a Python that has detect-secrets and presidio-analyzer"
    )
    python = parser.parse_args().python
    print("| texts | kind | by | recall | precision |\n|---|---|---|---:|---:|")
    sets = {name: rows_of_leaks(name) for name in (*NAMES, SECRETS)}
    texts = sorted({row["text"] for rows in sets.values() for row in rows})
    finders: dict[str, Finder | None] = {"mirqab": find}
    finders |= {rival: asked(python, rival, texts) for rival in ("presidio", "detect-secrets")}
    for who, finder in finders.items():
        for name in NAMES if finder is not None else ():
            assert finder is not None
            shown(name, who, sets[name], finder)
    for who, finder in finders.items():
        if finder is not None and who != "presidio":
            said = [
                (row["label"], any(one.kind.startswith("secret") for one in finder(row["text"])))
                for row in sets[SECRETS]
            ]
            found, wrong = (sum(1 for label, hit in said if hit and label == wanted) for wanted in (1, 0))
            print(f"| {SECRETS} | texts | {who} | {found} of {sum(label for label, _ in said)} | {wrong} false |")


if __name__ == "__main__":
    main()
