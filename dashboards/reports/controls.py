"""The table of controls: which evidence of this pack speaks for each, and what does not."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from dashboards.reports.document import Section, Table, Text

FILE = Path(__file__).with_name("controls.toml")
ABOUT = "What of this pack speaks for which control. It supports a judgement and is no legal advice."


@cache
def controls() -> tuple[dict[str, Any], ...]:
    """All controls, as the file has them."""
    return tuple(tomllib.loads(FILE.read_text(encoding="utf-8"))["control"])


def table(sections: Sequence[Section]) -> Section:
    """Each control with its evidence and the gaps of that evidence."""
    gaps = {section.name: section.data["gaps"] for section in sections}
    titles = {section.name: section.title for section in sections}
    rows, data = [], []
    for control in controls():
        names = control["evidence"]
        open_gaps = sum(len(gaps[name]) for name in names)
        said = f"{open_gaps} {'gap' if open_gaps == 1 else 'gaps'}" if open_gaps else "no gap found"
        rows.append(
            (
                control["framework"],
                control["id"],
                control["title"],
                "; ".join(titles[name] for name in names),
                said,
                control.get("gap", ""),
            )
        )
        data.append({**control, "gaps": open_gaps})
    heads = ("Framework", "Control", "What", "Evidence here", "Gaps", "What no monitor can show")
    return Section("controls", "Controls and evidence", (Text(ABOUT), Table(heads, tuple(rows))), {"controls": data})
