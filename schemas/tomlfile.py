"""A TOML file as a dictionary, or an error that names the file and what is wrong with it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


class NotToml(ValueError):
    """The file can be read and is no TOML."""


def read_toml(path: str | Path) -> dict[str, Any]:
    """What the file holds. Raises OSError where it cannot be read, NotToml where it is no TOML."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise NotToml(f"{path}: not valid TOML: {e}") from e
