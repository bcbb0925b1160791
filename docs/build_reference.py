"""Writes docs/reference/*.md from the code: `python -m docs.build_reference` (`--check` only names what is stale).

A page is a module of `docs/pages`: it holds what the code says of itself (help texts, docstrings, types, defaults) and
nothing that was typed twice. A new page is a new module there with a `page()`.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path

from docs import pages

FOLDER = Path(__file__).resolve().parent / "reference"


def makers() -> dict[str, Callable[[], str]]:
    """What makes each page, by the page's file name."""
    names = sorted(module.name for module in pkgutil.iter_modules(pages.__path__))
    return {f"{name.replace('_', '-')}.md": importlib.import_module(f"docs.pages.{name}").page for name in names}


def stale() -> list[str]:
    """Pages that no longer say what the code says."""
    made = {name: page() for name, page in makers().items()}
    return [n for n, text in made.items() if not (FOLDER / n).is_file() or (FOLDER / n).read_text("utf-8") != text]


def main() -> int:
    """Write the pages, or with `--check` only name the stale ones."""
    old = stale()
    for name in old:
        print(name)
        if "--check" not in sys.argv[1:]:
            FOLDER.mkdir(exist_ok=True)
            (FOLDER / name).write_text(makers()[name](), "utf-8")
    return 1 if old and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
