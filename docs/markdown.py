"""How a page of the reference is written down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

NOTE = "<!-- Made from the code by `python -m docs.build_reference`; changes belong there. -->"


def cell(text: object) -> str:
    """Text that cannot end a table's cell."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def code(text: object) -> str:
    """Text shown as it is typed; "" is shown as `""`."""
    return f"`{cell(text)}`"


def grid(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """A Markdown table."""
    heads = list(heads)
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(str(value) for value in row)} |"
    yield ""


def document(title: str, about: str, lines: Iterable[str]) -> str:
    """A whole page."""
    return "\n".join([f"# {title}", NOTE, "", about, "", *lines]).rstrip() + "\n"
