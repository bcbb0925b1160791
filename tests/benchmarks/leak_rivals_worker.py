"""Run by `leak_rivals.py` with another Python, which has detect-secrets or Presidio; needs nothing of ours.

One JSON list of texts comes on stdin, one list of [kind, start, end] per text goes to stdout.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

Found = list[tuple[str, int, int]]
LEAST = 0.4  # Presidio's score; below it are patterns that wait for a word of context beside them
PRESIDIO = {
    "CreditCardRecognizer": "pii.card",
    "IbanRecognizer": "pii.iban",
    "EmailRecognizer": "pii.email",
    "IpRecognizer": "pii.ip",
    "PhoneRecognizer": "pii.phone",
    "UsSsnRecognizer": "pii.ssn",
    "UsPassportRecognizer": "pii.passport",
    "DateRecognizer": "pii.birth_date",
}


def presidio() -> Callable[[str], Found]:
    """Presidio's own pattern recognisers, without its language model, each kind by itself."""
    module: Any = import_module("presidio_analyzer.predefined_recognizers")
    recognisers = [(kind, getattr(module, name)()) for name, kind in PRESIDIO.items()]

    def find(text: str) -> Found:
        found = []
        for kind, recogniser in recognisers:
            for one in recogniser.analyze(text, recogniser.supported_entities, None):
                if one.score >= LEAST:
                    found.append((kind, one.start, one.end))
        return found

    return find


def detect_secrets() -> Callable[[str], Found]:
    """detect-secrets with its default plugins and filters, each text a file: a line alone it searches more eagerly."""
    scan: Any = import_module("detect_secrets.core.scan")
    settings: Any = import_module("detect_secrets.settings")
    folder = Path(tempfile.mkdtemp())

    def find(text: str) -> Found:
        file = folder / "text.txt"
        file.write_text(text, encoding="utf-8")
        found = []
        with settings.default_settings():
            for one in scan.scan_file(str(file)):
                start = max(0, text.find(one.secret_value or ""))
                found.append(("secret." + one.type, start, start + len(one.secret_value or "")))
        return found

    return find


if __name__ == "__main__":
    finder = {"presidio": presidio, "detect-secrets": detect_secrets}[sys.argv[1]]()
    json.dump([finder(text) for text in json.load(sys.stdin)], sys.stdout)
