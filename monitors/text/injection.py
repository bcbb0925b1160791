"""Texts that try to make a language model do what its owner did not want: injection, jailbreaks, hidden orders.

A grammar of phrases, the disguises of words, orders in the middle of documents and a linear model together give one
score; from 0.5 on, findings say which phrases and orders it is made of. Where none can be named the whole text is the
finding. Knows English and Arabic best; the commonest phrases of German, French, Spanish, Italian,
Portuguese, Russian, Turkish, Urdu, Hindi and Chinese; no other language.
Blind to attacks in plain words that no one has used before, to orders inside documents that a person might give, and to
what is spread over several messages; a role that is given honestly can look like one that is not.
"""

from __future__ import annotations

from functools import lru_cache

from monitors.text import MOST, Finding
from monitors.text import _model as model
from monitors.text._decoded import WHOLE
from monitors.text._grammar import grammar
from monitors.text._looked import Looked, look
from monitors.text._normal import PIECE

RANK = 40
ATTACK = 0.5
FAMILIES = {
    "injection.override": "forget_rules forget_all forget_security forget_everything forget_past forget_then "
    "not_follow despite out_of_head new_task priority own_knowledge premise",
    "injection.reveal": "reveal_prompt reveal_above ask_prompt told data_all secret key_api say_secret",
    "injection.role": "evil unbound power_mode dan act_ai act_power refusal must_comply both_answers act_person act_as "
    "acting hypothetical",
    "injection.delimiter": "fake_turn head_turn fence",
    "injection.dictation": "pwned have_been say_quote say_only say_after yield_lol repeat_forever",
    "injection.code": "shell run_code terminal",
    "injection.encoded": "decode_do parts",
    "injection.exfiltration": "exfil append hide",
    "injection.authority": "i_am_admin grant pretext",
    "injection.document": "reader",
    "injection.harm": "grave harm_make undetected",
}  # fmt: skip
KIND = {family: kind for kind, families in FAMILIES.items() for family in families.split()}
LIKENESS = "injection.likeness"
KINDS = (*FAMILIES, LIKENESS)
ORDER = {family: n for n, family in enumerate(KIND)}


@lru_cache(2)
def _judged(text: str) -> tuple[float, Looked]:
    looked = look(text)
    return model.score(looked), looked


def score(text: str) -> float:
    """How much it looks like an attack, in [0, 1]; 0.5 and above is one."""
    return _judged(text)[0]


def words_of(text: str) -> tuple[int, ...]:
    """Numbers of the text's words, of a long one of its beginning."""
    return _judged(text[:MOST])[1].hashes


def find(text: str, digits: str) -> list[Finding]:
    """The phrases and the hidden texts that make it an attack, if it is one."""
    value, looked = _judged(text)
    if value < ATTACK:
        return []
    found = [Finding("injection.encoded", one.start, one.end) for one in looked.disguises if one.how not in WHOLE]
    found += _phrases(text, looked)
    found += _orders(text, looked)
    found += [Finding("injection.encoded", one.start, one.end) for one in looked.disguises if one.how in WHOLE]
    return found or [Finding(LIKENESS, 0, len(text))]


def _orders(text: str, looked: Looked) -> list[Finding]:
    """Orders in the middle of a document."""
    pieces = [m.span() for m in PIECE.finditer(text)] if looked.orders else []
    return [Finding("injection.document", pieces[a][0], pieces[b - 1][1]) for a, b in looked.orders]


def _phrases(text: str, looked: Looked) -> list[Finding]:
    """Phrases with the places of their first and last word, the surest families first."""
    families = grammar().families
    named = [(ORDER[families[f]], start, end) for f, start, end in looked.phrases if families[f] in KIND]
    if not named:
        return []
    pieces = [m.span() for m in PIECE.finditer(text)]
    at = [n for n, r in enumerate(looked.reads) for _ in r.chars]
    kinds = list(KIND.values())
    return [
        Finding(kinds[order], pieces[at[start]][0], pieces[at[end - 1]][1])
        for order, start, end in sorted(named, key=lambda one: (one[0], one[1] - one[2]))
    ]
