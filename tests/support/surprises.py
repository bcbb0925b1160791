"""What a pane surprised with, by feature."""

from __future__ import annotations

from monitors.usual import Surprise


def surprise(**found: float) -> Surprise:
    """Of a rule that asks about these features."""
    return Surprise(min(found.values()), found)
