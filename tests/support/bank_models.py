"""The bank's real models, who attacks them in its day, and how their events are logged. Seeded.

Each attack is a published one (tests/support/attackers), drawn by chance together with a model it is meant for; its
queries are answered by that model and spread over an hour. Every second attacker is an honest client of the model
whose key was stolen, the others ask it for the first time. Honest requests are the model's own, from the clients of a
made-up model.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from schemas.events import Floats
from tests.support.attack_kinds import ask_model, kinds
from tests.support.attack_models import Target, targets

QUERIES = 1200


class Attack(NamedTuple):
    """One campaign: times (n,) seconds of the day, and what was asked (n, fields)."""

    kind: str
    family: str
    principal: str
    ts: Floats
    asked: Floats


@dataclass(frozen=True)
class Answering:
    """A real model under its name in the bank, and the attack on it."""

    target: Target
    attack: Attack

    def records(
        self, name: str, begin: float, ts: Floats, who: list[str], rng: np.random.Generator
    ) -> list[tuple[float, str]]:
        """(second of the day, record) of honest requests at `ts` by `who`, unordered; `begin` is the epoch's second."""
        rows, _ = self.target.draw(rng, len(ts))
        return self._answered(name, begin, ts, who, self.target.valid(rows), rng)

    def attacked(
        self, name: str, begin: float, start: float, end: float, rng: np.random.Generator
    ) -> list[tuple[float, str]]:
        """The attacker's records in [start, end)."""
        now = (self.attack.ts >= start) & (self.attack.ts < end)
        who = [self.attack.principal] * int(now.sum())
        return self._answered(name, begin, self.attack.ts[now], who, self.attack.asked[now], rng)

    def _answered(
        self, name: str, begin: float, ts: Floats, who: list[str], rows: Floats, rng: np.random.Generator
    ) -> list[tuple[float, str]]:
        if not len(ts):
            return []
        scores = np.round(self.target.answer(rows), 4)
        latency = np.round(rng.lognormal(3, 0.4, len(ts)), 2)
        fields = self.target.fields
        return [
            (
                t,
                json.dumps(
                    {
                        "ts": round(begin + t, 3), "model": name, "version": "1", "principal": w,
                        "features": dict(zip(fields, row)), "scores": answer, "prediction": best,
                        "latency_ms": wait, "status": "ok",
                    }
                ),
            )
            for t, w, row, answer, best, wait in zip(
                ts.tolist(), who, np.round(rows, 3).tolist(), scores.tolist(), scores.argmax(axis=1).tolist(),
                latency.tolist(),
            )
        ]  # fmt: skip


def attacked(seed: int, starts: list[int], seconds: int, clients: list[str], strangers: list[str]) -> list[Answering]:
    """One real model per start, and the attack on it from then on for so many seconds. No kind of attack twice."""
    rng = np.random.default_rng([seed, 17])
    found = []
    for n, kind in enumerate(rng.permutation(list(kinds()))[: len(starts)].tolist()):
        on = kinds()[kind].on
        target = targets()[on[rng.integers(len(on))]]
        asked = ask_model(kinds()[kind], target, seed, QUERIES).rows
        waits = rng.exponential(1.0, len(asked))
        ts = starts[n] + np.cumsum(waits) / waits.sum() * seconds
        principal = (clients if n % 2 == 0 else strangers)[n]
        found.append(Answering(target, Attack(kind, kinds()[kind].family, principal, ts, asked)))
    return found
