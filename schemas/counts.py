"""Names of a summary's counts by principal, for rules that ask how many matching events one principal sends.

`by:RULE:WHO` is [matching events]; WHO is JSON, [principal] or [principal, session], so that no name passes for
another's. `by:RULE:(other)` is [matching events of principals beyond the limit, events looked at]: that it is there
says that the rule was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec
import numpy as np

from schemas.events import OTHER, Ints, name_hash

BY = "by:"
Who = tuple[str, str]  # principal and session; "" where there is none, or it is not asked for


def name_of(rule: str, who: Iterable[str]) -> str:
    """The vector of one principal, or of one session of it."""
    return f"{BY}{rule}:{msgspec.json.encode(list(who)).decode()}"


def asked(rule: str) -> str:
    """The vector that is there wherever the rule was asked."""
    return f"{BY}{rule}:{OTHER}"


def counts_of(rule: str, vectors: Mapping[str, Ints]) -> Iterator[tuple[Who, int]]:
    """Each principal, or session, with its matching events."""
    prefix = f"{BY}{rule}:"
    for name, counts in vectors.items():
        if name.startswith(prefix) and not name.endswith(OTHER):
            principal, *session = msgspec.json.decode(name.removeprefix(prefix), type=list[str])
            yield (principal, session[0] if session else ""), int(counts[0])


def fewer(vectors: Mapping[str, Ints], limit: int) -> Mapping[str, Ints]:
    """At most `limit` counts by name, those with the smallest hash; the others are added up under their rule's other.

    The same survivors, with the same counts, however summaries were split and merged.
    """
    named = [name for name in vectors if name.startswith(BY) and not name.endswith(OTHER)]
    if len(named) <= limit:
        return vectors
    beyond = dict.fromkeys(sorted(named, key=name_hash)[limit:])
    kept = {name: counts for name, counts in vectors.items() if name not in beyond}
    for name in beyond:
        other = asked(name.split(":", 2)[1])
        kept[other] = kept.get(other, np.zeros(2, dtype=np.int64)) + np.array([int(vectors[name][0]), 0])
    return kept
