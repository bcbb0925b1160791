"""Orders in the middle of a text about something else: what a document says to the model that reads it.

A passage is a sentence or a line. It is an order if it begins with a verb in the form of one, whatever signs, words of
courtesy, colon or clause of when to do it stand before; what it names (the answer, the model, the user, an address) and
how the rest of the document speaks tell whom it is meant for. Knows English best, and common verbs of German, French,
Spanish, Italian, Arabic, Russian and Chinese. Blind to orders told as facts ("the user has agreed to pay"), to verbs it
does not know, and in texts that are instructions throughout.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from monitors.text._grammar import grammar
from monitors.text._normal import Read

FIGURES = (
    "order_few", "order_answer", "order_reader", "order_user", "order_address", "order_first", "odd_line",
    "question_apart",
)  # fmt: skip
NONE: tuple[tuple[float, ...], list[tuple[int, int]]] = (0.0,) * len(FIGURES), []
LEAST = 3  # passages of a document
LEAST_WORDS = 16
MOST = 400  # passages that are looked at, at either end
FEW = 0.25  # of the passages may be orders where orders stand out
ROWS = 0.6  # of the lines are rows where another line stands out
CLAUSE = 8  # words before an order, of those it is meant for or of when it is to be done
CELLS = re.compile(r"[|\t;,]|\d[:.-]\d")
ADDRESS = re.compile(r"\w://|\w@\w|www\.")


class Shapes(NamedTuple):
    """Patterns over the characters of classes."""

    stops: frozenset[str]
    order: re.Pattern[str]
    answer: re.Pattern[str]
    reader: re.Pattern[str]
    user: re.Pattern[str]
    asks: re.Pattern[str]


@cache
def _shapes() -> Shapes:
    of = grammar().of_name
    before = "".join(of[name] for name in ("QUOTE", "FENCE", "TAG", "OPEN", "CLOSE", "TICK", "COLON"))
    verb = rf"[{before}]*[{of['COURTESY']}]*[{of['NOT']}]?[{of['ORDER']}]"
    clause = rf"[{of['WHEN']}].{{1,{CLAUSE}}}?[{of['COURTESY']}{of['ORDER']}]"
    order = rf"{verb}|[{before}]*{clause}|.{{1,{CLAUSE}}}?[{of['COLON']}]{verb}"
    return Shapes(
        frozenset(of["END"]),
        re.compile(order),
        re.compile(rf"[{of['YOUR']}].?[{of['ANSWER']}]|[{of['YOURANSWER']}]"),
        re.compile(f"[{of['READER']}{of['AI']}]"),
        re.compile(f"[{of['USER']}]"),
        re.compile(rf"[{before}]*[{of['ASKS']}]"),
    )


def passages(
    text: str, reads: Sequence[Read], pieces: Sequence[str]
) -> tuple[tuple[float, ...], list[tuple[int, int]]]:
    """FIGURES of a text and its pieces, and the places of orders that stand out; 0 and none in what is no document."""
    if len(pieces) < LEAST_WORDS:
        return NONE
    shapes = _shapes()
    ends = [n + 1 for n, read in enumerate(reads) if pieces[n] == "\n" or read.chars[-1:] in shapes.stops]
    bounds = [(a, b) for a, b in pairwise([0, *ends, len(pieces)]) if b - a > 1]
    if len(bounds) < LEAST:
        return NONE
    if len(bounds) > 2 * MOST:
        bounds = bounds[:MOST] + bounds[-MOST:]
    said = ["".join([read.chars for read in reads[a:b]]) for a, b in bounds]
    orders = [n for n, chars in enumerate(said) if shapes.order.match(chars)]
    inside = range(1, len(said) - 1)  # what a user asks about a document stands before or after it
    questions = [n for n in inside if shapes.asks.match(said[n]) and _asked(pieces, bounds[n])]
    found = [said[n] for n in orders]
    later = [n for n in orders if n]
    few = 0 < len(later) <= max(1.0, FEW * len(said))
    figures = (
        float(few),
        float(any(map(shapes.answer.search, found))),
        float(any(map(shapes.reader.search, found))),
        float(any(map(shapes.user.search, found))),
        float(any(ADDRESS.search(" ".join(pieces[slice(*bounds[n])])) for n in orders)),
        float(orders[:1] == [0]),
        float(bool(questions or any(n in inside for n in orders)) and _odd_line(text)),
        float(len(questions) == 1 and len(said) > 4),
    )
    return figures, [bounds[n] for n in later] if few else []


def _asked(pieces: Sequence[str], bounds: tuple[int, int]) -> bool:
    return any("?" in piece or "؟" in piece for piece in pieces[bounds[1] - 2 : bounds[1]])


def _odd_line(text: str) -> bool:
    """Whether a line of words stands among rows of a table, a list of values or a log, neither first nor last."""
    lines = [line for line in text.split("\n") if line.strip()][: 2 * MOST]
    rows = [len(CELLS.findall(line)) >= 3 for line in lines]
    odd = [line for line, row in zip(lines[1:-1], rows[1:-1], strict=True) if not row and len(line.split()) >= 3]
    return len(lines) > LEAST and sum(rows) >= ROWS * len(lines) and bool(odd)
