"""Attack campaigns in honest traffic, as a plain log and the truth beside it.

A `Campaign` says which attack, how fast, through how many accounts, and how much honest traffic of their own the
accounts send for cover. `make_log` lets the attackers ask the real models, mixes their queries into honest traffic and
answers everything. The log holds nothing but what a service writes; which record belongs to which campaign, and who is
what, is in `Truth`. Equal arguments give equal logs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from schemas.events import Floats, Ints
from tests.support.attack_kinds import ask_model, kinds
from tests.support.attack_models import Target, targets
from tests.support.benign import DAY, HOUR, SECOND, Rows, benign

MONDAY = 1_772_409_600 * SECOND  # 2026-03-02
# How long the whole campaign takes.
SPEEDS = {"fast": 20 * 60 * SECOND, "slow": 12 * HOUR, "very slow": 4 * DAY}
COVER_BEFORE = DAY  # covered accounts are known for this long before the attack


@dataclass(frozen=True)
class Campaign:
    """One attack. `cover` is honest requests per query; `at` is when it begins, in days from the log's start."""

    kind: str
    model: str
    speed: str = "fast"
    accounts: int = 1
    cover: float = 0.0
    queries: int = 800
    at: float = 2.4
    seed: int = 0

    @property
    def family(self) -> str:
        return kinds()[self.kind].family


@dataclass(frozen=True)
class Mix:
    """Honest traffic: `events` per model in all, from `accounts` clients per model."""

    models: tuple[str, ...] = ("cards", "digits")
    days: int = 7
    events: int = 12_000
    accounts: int = 40
    seed: int = 0


@dataclass
class Truth:
    """The answers: who did what. Times in seconds."""

    campaigns: list[dict[str, Any]] = field(default_factory=list)
    records: dict[str, str] = field(default_factory=dict)  # id of an attack's record -> campaign
    honest: dict[str, str] = field(default_factory=dict)  # principal -> archetype; "cover" never stands here


@dataclass
class Log:
    """Records of several models in time order."""

    parts: list[tuple[Target, Rows, Ints]]  # rows and which campaign each belongs to (-1: none)
    names: list[str]  # principals by number
    truth: Truth

    def __len__(self) -> int:
        return sum(len(rows.ts_ns) for _, rows, _ in self.parts)

    def lines(self) -> Iterator[bytes]:
        """JSON lines in time order; fills the truth's `records`."""
        encode = msgspec.json.Encoder().encode
        ts_ns = np.concatenate([rows.ts_ns for _, rows, _ in self.parts])
        which = np.concatenate([np.full(len(rows.ts_ns), i) for i, (_, rows, _) in enumerate(self.parts)])
        place = np.concatenate([np.arange(len(rows.ts_ns)) for _, rows, _ in self.parts])
        made = [_records(target, rows, self.names) for target, rows, _ in self.parts]
        for number, at in enumerate(np.argsort(ts_ns, kind="stable").tolist()):
            part, row = int(which[at]), int(place[at])
            campaign = int(self.parts[part][2][row])
            if campaign >= 0:
                self.truth.records[str(number)] = self.truth.campaigns[campaign]["campaign"]
            yield encode(made[part][row] | {"id": str(number)}) + b"\n"

    def write(self, folder: Path) -> Path:
        """`log.jsonl`, whose path is returned, and `truth.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "log.jsonl"
        with path.open("wb") as file:
            file.writelines(self.lines())
        (folder / "truth.json").write_bytes(msgspec.json.encode(vars(self.truth)))
        return path


def make_log(mix: Mix, campaigns: Sequence[Campaign] = ()) -> Log:
    """The campaigns in the honest traffic of their models. Raises KeyError for a model that is not in the mix."""
    rng = np.random.default_rng([mix.seed, 91])
    truth = Truth()
    names: list[str] = []
    rows: dict[str, list[Rows]] = {}
    belongs: dict[str, list[Ints]] = {}
    for model in mix.models:
        honest, archetypes = benign(targets()[model], MONDAY, mix.days, mix.events, mix.accounts, mix.seed)
        rows[model] = [Rows(honest.ts_ns, honest.who + len(names), honest.features)]
        belongs[model] = [np.full(len(honest.ts_ns), -1)]
        for archetype in archetypes:
            names.append(_name(rng))
            truth.honest[names[-1]] = archetype
    for number, campaign in enumerate(campaigns):
        accounts = np.arange(len(names), len(names) + campaign.accounts)
        names += [_name(rng) for _ in accounts]
        asked, covered = _play(campaign, accounts, mix.days)
        rows[campaign.model] += [asked, covered]
        belongs[campaign.model] += [np.full(len(asked.ts_ns), number), np.full(len(covered.ts_ns), -1)]
        truth.campaigns.append(
            {name: getattr(campaign, name) for name in ("kind", "family", "model", "speed", "accounts", "cover", "at")}
            | {"campaign": f"c{number:02d}", "queries": len(asked.ts_ns), "start": int(asked.ts_ns.min()) / SECOND}
            | {"end": int(asked.ts_ns.max()) / SECOND, "principals": [names[i] for i in accounts]}
            | {"times": (np.sort(asked.ts_ns) / SECOND).tolist()}
        )
    parts = [(targets()[m], Rows.joined(rows[m]), np.concatenate(belongs[m])) for m in mix.models]
    return Log(parts, names, truth)


def diluted(campaign: Campaign, times: int = 100, days: int = 7, seed: int = 0) -> Log:
    """One campaign in `times` as much honest traffic of its model."""
    mix = Mix((campaign.model,), days, times * campaign.queries, accounts=200, seed=seed)
    return make_log(mix, [campaign])


def quiet(
    model_weeks: int = 20, models: tuple[str, ...] = ("cards", "digits"), events: int = 6000, seed: int = 0
) -> Log:
    """Honest traffic only: so many weeks in all, `events` per model and week."""
    weeks = -(-model_weeks // len(models))
    return make_log(Mix(models, 7 * weeks, events * weeks, seed=seed))


def _play(campaign: Campaign, accounts: Ints, days: int) -> tuple[Rows, Rows]:
    """The attack's queries and the cover of its accounts."""
    target = targets()[campaign.model]
    rng = np.random.default_rng([campaign.seed, *campaign.kind.encode(), campaign.accounts])
    asked = ask_model(kinds()[campaign.kind], target, campaign.seed, campaign.queries)
    n = len(asked.rows)
    start, length = MONDAY + int(campaign.at * DAY), SPEEDS[campaign.speed]
    end = min(start + length, MONDAY + days * DAY)
    waits = rng.exponential(1.0, n)
    ts_ns = start + (np.cumsum(waits) / waits.sum() * (end - start)).astype(np.int64)
    # Any account sends the next query: the chain of queries is cut as finely as it can be.
    queries = Rows(ts_ns, accounts[rng.integers(len(accounts), size=n)], asked.rows)
    covers = round(campaign.cover * n)
    at = rng.integers(max(MONDAY, start - COVER_BEFORE), end, covers)
    honest, _ = target.draw(rng, covers)
    return queries, Rows(at, accounts[rng.integers(len(accounts), size=covers)], honest)


def _records(target: Target, rows: Rows, names: list[str]) -> list[dict[str, Any]]:
    """The records without their ids, answered by the model. Values have three decimals, scores four."""
    features: Floats = np.round(rows.features, 3)
    scores = target.answer(features)
    return [
        {
            "ts": ts, "principal": names[who], "model": target.name, "version": "1", "features": row, "scores": answer,
            "prediction": best,
        }
        for ts, who, row, answer, best in zip(
            (np.round(rows.ts_ns / SECOND, 3)).tolist(), rows.who.tolist(), features.tolist(),
            np.round(scores, 4).tolist(), scores.argmax(axis=1).tolist(),
        )
    ]  # fmt: skip


def _name(rng: np.random.Generator) -> str:
    return f"svc-{rng.integers(2**32):08x}"
