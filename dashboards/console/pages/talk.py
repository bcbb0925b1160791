"""What one principal said to a language model, turn by turn: scores and kinds of findings, never the words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboards.console.pictures import Line, line
from dashboards.console.view import DAY_NS, HOUR_NS, NotFound, View

PATH = "/talk"
TITLE = "Talk"
BEFORE_NS = DAY_NS
PAUSE_NS = HOUR_NS  # a longer pause breaks the line


async def gather(view: View) -> dict[str, Any]:
    model, who = view.query.get("model", ""), view.query.get("principal", "")
    session, until = view.query.get("session", ""), _moment(view.query.get("until", ""), view.now_ns)
    asked = {"model": model, "principal": who, "session": session}
    turns = await view.ask("talk_of", **asked, from_ns=max(0, until - BEFORE_NS), until_ns=until)
    if not model or not who or not (turns or session):
        raise NotFound("No texts of this principal are stored in the day before; they may be older, or expired.")
    return {
        "heading": f"{who} and {model}",
        "model": model,
        "principal": who,
        "session": session,
        "until_ns": until,
        "turns": turns,
        "picture": _picture(turns),
        "suspicious": sum(_score(turn) >= 0.5 for turn in turns),
        "leaking": sum(bool(turn["told"]) for turn in turns),
        "sessions": sorted({turn["session"] for turn in turns if turn["session"]}),
    }


def _moment(text: str, now_ns: int) -> int:
    """The end of the day shown; now where none was given that can be one."""
    return min(int(text), now_ns) if text.isascii() and text.isdigit() and len(text) < 20 else now_ns


def _score(turn: Mapping[str, Any]) -> float:
    return 0.0 if turn["text_score"] is None else float(turn["text_score"])


def _picture(turns: Any) -> Line | None:
    points = [(turn["ts_ns"], float(turn["text_score"])) for turn in turns if turn["text_score"] is not None]
    points.sort()
    return line(points, points[0][0], points[-1][0], gap_ns=PAUSE_NS) if len(points) > 1 else None
