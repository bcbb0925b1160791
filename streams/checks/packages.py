"""Our four packages have plain names, which another distribution may claim; pip then overwrites ours without a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

from schemas.settings import Settings
from streams.checks import FAILED, OK, Finding

OURS = ("streams", "monitors", "schemas", "dashboards")
REMEDY = "install Mirqab in an environment of its own: `uv tool install mirqab` or `pipx install mirqab`"


def check(settings: Settings, config: str | None) -> Iterator[Finding]:
    """One folder holds all four, and no other distribution claims one of them."""
    yield judge({name: _folder(name) for name in OURS}, packages_distributions())


def judge(folders: Mapping[str, Path | None], owners: Mapping[str, Sequence[str]]) -> Finding:
    """`folders` are the parents of our packages. An editable install has no owners, which is right too."""
    missing = [name for name, folder in folders.items() if folder is None]
    if missing:
        return Finding("packages", FAILED, f"not found: {', '.join(missing)}", REMEDY)
    for name in folders:
        claimed = sorted(set(owners.get(name, ())))
        if len(claimed) > 1 or (claimed and claimed != ["mirqab"]):
            return Finding("packages", FAILED, f"{name} belongs to {' and '.join(claimed)}", REMEDY)
    places = {str(folder) for folder in folders.values()}
    if len(places) > 1:
        where = ", ".join(f"{name} in {folder}" for name, folder in folders.items())
        return Finding("packages", FAILED, f"our packages lie in different folders: {where}", REMEDY)
    return Finding("packages", OK, f"{', '.join(folders)} in {places.pop()}")


def _folder(name: str) -> Path | None:
    spec = find_spec(name)
    return None if spec is None or spec.origin is None else Path(spec.origin).resolve().parent.parent
