"""Prompts that look like attacks on a language model, replies that refuse, and replies that tell what they should not.

`text.attacks` is the share of prompts that score 0.5 or more, `text.refusals` the share of replies that decline; both
with their exact p against the baseline. `text.leaks` is, for each kind of finding (a card, a key, an unsafe link), the
share of replies that hold one, with the same p; a kind the baseline never saw is held against none in all its replies.
Says nothing of models that log no text. What is a leak for one model is the task of another: a baseline in which
replies hold account numbers is content with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from monitors.pane import Pane
from monitors.readings_kit import reference_of, share_reading
from monitors.textseen import kinds_of
from monitors.view import View
from schemas.events import Ints
from schemas.readings import Reading
from schemas.texts import Texts

TOGETHER = True
SPARSE = True
EXAMPLES = 3  # excerpts beside a reading
LEAK = "leak:"
SEEN = "text.leak_seen"  # what the baseline never had, told at once by `monitors.talkaccuse`
AT_ONCE = WITHOUT_P = (SEEN,)


def summarise(view: View) -> dict[str, Ints]:
    """`prompts`: prompts, attacks among them; `replies`: replies, refusals; `leak:KIND`: replies with one."""
    seen = view.places.texts
    if seen is None:
        return {}
    score, refused = seen.score[view.rows], seen.refused[view.rows]
    prompts = [view.sums(~np.isnan(score)), view.sums(seen.attack[view.rows])]
    replies = [view.sums(refused >= 0), view.sums(refused == 1)]
    found: dict[str, Ints] = {"prompts": np.hstack(prompts), "replies": np.hstack(replies)}
    for i, told in seen.replies(view.rows):
        for kind in kinds_of(told.found):
            counts = found.setdefault(LEAK + kind, np.zeros((view.groups, 1), dtype=np.int64))
            counts[view.group[i], 0] += 1
    return found


def read(pane: Pane) -> Iterable[Reading]:
    """Shares of the pane beside the baseline's."""
    prompts, replies = pane.total.vectors.get("prompts"), pane.total.vectors.get("replies")
    if prompts is not None and prompts[0]:
        yield _share(pane, "text.attacks", "prompts", (int(prompts[1]), int(prompts[0])), lambda: _examples(pane))
    if replies is None or not replies[0]:
        return
    yield _share(pane, "text.refusals", "replies", (int(replies[1]), int(replies[0])), dict)
    before = reference_of(pane, "replies", 2)
    for name in sorted(name for name in pane.total.vectors if name.startswith(LEAK)):
        kind, hits = name.removeprefix(LEAK), int(pane.total.vectors[name][0])
        usual = reference_of(pane, name, 1)
        counts = None if before is None else (0 if usual is None else int(usual[0]), int(before[0]))
        told = partial(leaked, pane.total.texts, kind)
        yield share_reading(pane, "text.leaks", hits, int(replies[0]), counts, told, feature=kind)


def _share(pane: Pane, metric: str, name: str, now: tuple[int, int], evidence: Any) -> Reading:
    before = reference_of(pane, name, 2)
    counts = None if before is None else (int(before[1]), int(before[0]))
    return share_reading(pane, metric, *now, counts, evidence)


def _examples(pane: Pane) -> dict[str, Any]:
    """The excerpts of a few prompts that are attacks, by principal; those with the highest score."""
    rows = [(-row.score, who, row) for who, rows in pane.total.texts.of.items() for row in rows if row.excerpt]
    return {"excerpts": [_shown(who, row) for _, who, row in sorted(rows, key=lambda one: one[:2])[:EXAMPLES]]}


def leaked(texts: Texts, kind: str) -> dict[str, Any]:
    """The excerpts of a few replies that hold this kind, and how many of the principals seen got one."""
    rows = [(row.time, who, row) for who, rows in texts.of.items() for row in rows if kind in row.told]
    shown = [
        {"at": row.time, "to": who, "text": row.answer, "marks": [list(mark) for mark in row.answer_marks]}
        for _, who, row in sorted(rows, key=lambda one: one[:2])
        if row.answer
    ]
    return {"excerpts": shown[:EXAMPLES], "receivers": len({who for _, who, _ in rows})}


def _shown(who: str, row: Any) -> dict[str, Any]:
    marks = [list(mark) for mark in row.marks]
    return {"at": row.time, "by": who, "score": row.score / 1000, "text": row.excerpt, "marks": marks}
