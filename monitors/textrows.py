"""Texts of a view as the rows that summaries carry for the judge: per (minute, principal) those with the smallest hash.

Hashes are salted anew every week from the deployment's secret; personal values are hashed only where there is one.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from functools import partial
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from monitors.signatures import HOUR_MINUTES, salt
from monitors.text import Finding
from monitors.text._masked import excerpt
from monitors.text.injection import ATTACK
from monitors.textseen import TextColumns, kinds_of
from monitors.view import Coded, View
from monitors.week import MONDAY_NS, WEEK_NS
from schemas.events import MINUTE_NS, Ints, name_hash
from schemas.queries import turn_hash
from schemas.texts import MOST_PRINCIPALS, MOST_ROWS, NO_TEXTS, TextRow, Texts, chosen_texts

Hashes = NDArray[np.uint64]
MOST_KINDS, MOST_VALUES = 6, 4
LONG = 32  # characters of a reply that is no stock phrase
SOMEBODY = "pii."  # kinds that belong to a person
_MULTIPLIERS = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93)
_ALL = 0xFFFFFFFFFFFFFFFF


def text_rows(
    view: View, hashes: Hashes, minute: Ints, principal: Coded[str], chars: int, secret: bytes
) -> list[Texts]:
    """Per group of the view its rows; `minute` is each group's, since 1970; `chars` of an excerpt, 0 for none."""
    seen = view.places.texts
    if seen is None:
        return [NO_TEXTS] * view.groups
    names, who = principal
    at = np.flatnonzero(np.isin(view.rows, seen.rows))
    found: list[dict[str, list[int]]] = [{} for _ in range(view.groups)]
    for i in at[np.argsort(hashes[view.rows[at]], kind="stable")].tolist():
        row = int(view.rows[i])
        name = names[who[row]]
        if name:
            mine = found[view.group[i]].setdefault(name, [])
            if len(mine) < MOST_ROWS:
                mine.append(row)
    result = []
    for g, of in enumerate(found):
        turn = int(minute[g]) // HOUR_MINUTES
        kept: Sequence[str] = sorted(of)
        if len(of) > MOST_PRINCIPALS:
            kept = sorted(of, key=lambda name: turn_hash(turn, name))[:MOST_PRINCIPALS]
        salted = salt(secret, int(minute[g] * MINUTE_NS - MONDAY_NS) // WEEK_NS)
        made_of = partial(_row, view, seen, hashes, salted, chars, secret)
        made = {name: [made_of(row) for row in of[name]] for name in kept}
        result.append(chosen_texts(turn, made) if made else NO_TEXTS)
    return result


def _row(view: View, seen: TextColumns, hashes: Hashes, salted: int, chars: int, secret: bytes, row: int) -> TextRow:
    batch = view.batch
    prompt, reply = batch.prompt[row], batch.response[row]
    asked, told = seen.asked.get(row), seen.told.get(row)
    counts = [each for each in (float(batch.tokens_in[row]), float(batch.tokens_out[row])) if each >= 0]
    shown = excerpt(prompt or "", asked.found, chars) if asked and asked.score >= ATTACK else ("", ())
    answer = excerpt(reply or "", told.found, chars) if told and told.found else ("", ())
    return TextRow(
        hash=int(hashes[row]),
        time=int(batch.ts_ns[row]),
        session=name_hash(batch.session[row]) >> 33 if batch.session[row] else 0,
        score=round(1000 * asked.score) if asked else -1,
        refused=int(told.refused) if told else -1,
        tokens=int(min(sum(counts), 1e9)) if counts else -1,
        asked=tuple(kinds_of(asked.found)[:MOST_KINDS]) if asked else (),
        told=tuple(kinds_of(told.found)[:MOST_KINDS]) if told else (),
        like=likeness(asked.words, salted) if asked else (),
        same=_same(asked.words, salted) if asked and len(asked.words) > 2 else 0,
        reply=_reply_hash(reply, salted) if reply and len(reply) >= LONG else 0,
        given=_values(prompt, asked.found, secret) if prompt and asked else (),
        shown=_values(reply, told.found, secret) if reply and told else (),
        tools=tuple(name_hash(name) & 0xFFFF for name in told.tools[:MOST_VALUES]) if told else (),
        shapes=told.shapes[:MOST_VALUES] if told else (),
        excerpt=shown[0],
        marks=shown[1],
        answer=answer[0],
        answer_marks=answer[1],
    )


def likeness(words: Sequence[int], salted: int) -> tuple[int, ...]:
    """Four minima over the words: the share on which two texts agree estimates the share of words they have in common.

    Reference: A. Broder, "On the resemblance and containment of documents", 1997.
    """
    if not words:
        return ()
    different = [word ^ salted for word in set(words)]
    return tuple(min([each * by & _ALL for each in different]) >> 32 for by in _MULTIPLIERS)


def _same(words: Sequence[int], salted: int) -> int:
    packed = np.array(words, dtype=np.uint64).tobytes()
    return int.from_bytes(blake2b(packed, key=salted.to_bytes(8, "big"), digest_size=8).digest(), "big") >> 1


def _reply_hash(reply: str, salted: int) -> int:
    key = salted.to_bytes(8, "big")
    return int.from_bytes(blake2b(reply.encode("utf-8", "replace"), key=key, digest_size=8).digest(), "big") >> 1


def _values(text: str, found: Sequence[Finding], secret: bytes) -> tuple[int, ...]:
    """Keyed hashes of personal values; none without a key, since an unkeyed hash of a number can be guessed."""
    if not secret:
        return ()
    values = [text[one.start : one.end] for one in found if one.kind.startswith(SOMEBODY)]
    plain = sorted({"".join(c for c in value.casefold() if c.isalnum()) for value in values})
    digest = partial(blake2b, digest_size=8)
    keyed = (int.from_bytes(hmac.new(secret, value.encode(), digest).digest(), "big") >> 1 for value in plain if value)
    return tuple(sorted(keyed))[:MOST_VALUES]
