"""What drills found, in words for a person who meets them for the first time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitors.drills import STRENGTHS, all_kinds
from monitors.drills.lost import SEEN
from streams.drilling import Drilled
from streams.terminal import grid, plain

HOW_TO_READ = """Weak, medium and strong say how much trouble it was. "page" and "ticket" tell somebody, so long after
it began or after so many of the attacker's queries, by the rule named last. "suspicion" was noticed, and tells
nobody."""
HEADS = ("trouble", *STRENGTHS, "told by")
WORDS = {"": "not seen", "suspected": "suspicion"}
ATTACK = "attack_"  # what the names of kinds begin with in which somebody asks
LOST = "NOT SEEN ANY MORE"


def said(found: Sequence[Drilled]) -> str:
    """All of it, model by model."""
    models = dict.fromkeys(each.model for each in found)
    parts = ["\n".join(_model([each for each in found if each.model == model])) for model in models]
    return "\n\n".join([*parts, HOW_TO_READ] if any(not each.untried for each in found) else parts)


def _model(found: Sequence[Drilled]) -> Iterator[str]:
    """What was done, the table, and what follows from it."""
    name, tried = plain(found[0].model), [each for each in found if not each.untried]
    if tried:
        seen = sum(each.level in SEEN for each in tried)
        yield (
            f"{name}: trouble was put on purpose into a copy of its newest traffic; a stand-in answered for it.\n"
            f"Somebody would have been told of {seen} of {len(tried)} troubles. "
            f"(The stand-in gives {tried[0].fidelity:.1%} of the logged answers.)"
        )
        yield grid(HEADS, list(_rows(tried)))
        yield from (f"  {kind}: {all_kinds()[kind].MEANING}" for kind in dict.fromkeys(each.kind for each in tried))
        yield from _missed(tried)
        chance = max(each.dummy for each in tried)
        yield f"A false alarm, at the rate that is promised, would have come in that time in {chance:.1%} of cases."
    why: dict[str, dict[str, None]] = {}
    for each in found:
        if each.untried:
            why.setdefault(each.untried, {})[each.kind] = None
    for reason, kinds in why.items():
        yield f"{name}: not tried: {', '.join(kinds)}: {plain(reason)}"


def _rows(tried: Sequence[Drilled]) -> Iterator[tuple[str, ...]]:
    for kind in dict.fromkeys(each.kind for each in tried):
        mine = {each.strength: each for each in tried if each.kind == kind}
        rules = dict.fromkeys(rule for each in mine.values() if each.level in SEEN for rule in each.rules[:1])
        yield (kind, *(_cell(mine.get(strength)) for strength in STRENGTHS), ", ".join(rules) or "-")


def _cell(each: Drilled | None) -> str:
    """`page after 40 min`; of attacks after how many queries."""
    if each is None:
        return "not tried"
    if each.level not in SEEN:
        return LOST if each.lost else WORDS[each.level]
    if each.kind.startswith(ATTACK) and each.records is not None:
        return f"{each.level}, query {each.records:,} of {each.injected:,}"
    return each.level + ("" if each.seconds is None else f" after {_long(each.seconds)}")


def _missed(tried: Sequence[Drilled]) -> Iterator[str]:
    """What the table says that somebody should do something about, the worst first."""
    for each in tried:
        if each.lost:
            yield (
                f"! {each.strength} {each.kind} was seen by earlier drills and is not any more: was a rule, a baseline "
                "or what the log carries changed?"
            )
    for each in tried:
        if each.strength == STRENGTHS[-1] and each.level not in SEEN and not each.lost:
            kind = all_kinds()[each.kind]
            yield f"! If {kind.MEANING}, nobody is told, not even of a strong {each.kind}. Known of it: {kind.GAPS}."


def _long(seconds: float) -> str:
    """A time as people say it.

    >>> _long(42), _long(2400), _long(30000)
    ('42 s', '40 min', '8.3 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
