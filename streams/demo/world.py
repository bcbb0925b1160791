"""The demo's world: what the bank's models log, hour by hour, as plain log records.

Each hour is made from (seed, model, hour) alone, so records do not depend on how a span is cut or when it is asked for.
It reads no clock and sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from schemas.events import MINUTE_NS, Floats, Ints
from streams.demo.clock import HOUR_NS
from streams.demo.models import Model, train_all
from streams.demo.principals import principals, share_of_peak
from streams.demo.scene import Staged, Traffic

Record = tuple[int, dict[str, Any]]

FAILED_SHARE = 0.002
TIMEOUT_MS = 2000.0
LATENCY_SPREAD = 0.25


class World:
    """Three models and their callers. Equal seeds give equal worlds."""

    def __init__(self, seed: int = 7) -> None:
        self.seed = seed
        self.models = train_all(seed)
        everyone = principals()
        self._callers = {name: [p for p in everyone if p.model == name] for name in self.models}
        self._by_name = {p.name: p for p in everyone}
        self._hour = lru_cache(maxsize=4)(self._make_hour)
        self._intrusion = lru_cache(maxsize=8)(self._intrude)

    def records(self, from_ns: int, to_ns: int, scenes: Sequence[Staged] = ()) -> Iterator[Record]:
        """(time, plain log record) of [from_ns, to_ns), in time order."""
        staged = tuple(scenes)
        for hour in range(from_ns // HOUR_NS, -(-to_ns // HOUR_NS)):
            for ts_ns, record in self._hour(hour, staged):
                if from_ns <= ts_ns < to_ns:
                    yield ts_ns, record

    def _make_hour(self, hour: int, scenes: tuple[Staged, ...]) -> list[Record]:
        rows: list[Record] = []
        for index, model in enumerate(self.models.values()):
            rng = np.random.default_rng([self.seed, index, hour])
            mine = [s for s in scenes if s.scene.model == model.name and _overlap(s, hour)]
            rows += self._log(self._play(self._ask(model, hour, rng), mine, hour), hour, rng)
        rows.sort(key=lambda row: row[0])
        return rows

    def _ask(self, model: Model, hour: int, rng: np.random.Generator) -> Traffic:
        """What the callers ask in an hour, before any trouble."""
        callers = self._callers[model.name]
        start = hour * HOUR_NS
        rates = np.stack([p.per_minute * share_of_peak(p.rhythm, start) for p in callers])
        bursts = np.array([[p.burst] for p in callers])
        rates = rates * rng.lognormal(-bursts * bursts / 2, bursts, rates.shape)
        who, minute = np.divmod(np.repeat(np.arange(rates.size), rng.poisson(rates).ravel()), 60)
        ts_ns = start + minute * MINUTE_NS + rng.integers(0, MINUTE_NS, len(minute))
        # Log times have a resolution of a millisecond.
        ts_ns = ts_ns // 1_000_000 * 1_000_000
        order = np.argsort(ts_ns, kind="stable")
        who, ts_ns = who[order], ts_ns[order]
        taste = np.array([p.taste for p in callers])[who]
        slow = np.array([p.slow for p in callers])[who]
        features = model.draw(rng, taste)
        latency = model.latency_ms * slow * rng.lognormal(0.0, LATENCY_SPREAD, len(who))
        return Traffic(model, ts_ns, [callers[i].name for i in who], features, np.empty((0, 0)), latency)

    def _play(self, traffic: Traffic, scenes: list[Staged], hour: int) -> Traffic:
        """Let the scenes change what is asked, ask the model, let them change what it answers."""
        for staged in scenes:
            scene = staged.scene
            if scene.asked:
                scene.asked(traffic, staged.during(traffic.ts_ns))
            if scene.arrives:
                traffic = _rows(traffic, scene.arrives(traffic) | ~staged.during(traffic.ts_ns))
            if scene.intruder:
                traffic = self._join(traffic, staged, hour)
        if len(traffic.ts_ns):
            traffic.probabilities = traffic.model.answer(traffic.features)
        for staged in scenes:
            if staged.scene.answered:
                staged.scene.answered(traffic, staged.during(traffic.ts_ns))
        return traffic

    def _join(self, traffic: Traffic, staged: Staged, hour: int) -> Traffic:
        """The traffic with an intruder's queries of this hour among it."""
        ts_ns, asked = self._intrusion(staged)
        rows = (ts_ns >= hour * HOUR_NS) & (ts_ns < (hour + 1) * HOUR_NS)
        count = int(rows.sum())
        all_ts = np.concatenate([traffic.ts_ns, ts_ns[rows]])
        order = np.argsort(all_ts, kind="stable")
        who = np.array(traffic.who + [staged.scene.principal] * count, dtype=object)
        latency = np.concatenate([traffic.latency_ms, np.full(count, traffic.model.latency_ms)])
        return Traffic(
            traffic.model,
            all_ts[order],
            who[order].tolist(),
            np.concatenate([traffic.features, asked[rows]])[order],
            traffic.probabilities,
            latency[order],
        )

    def _intrude(self, staged: Staged) -> tuple[Ints, Floats]:
        """Times (n,) and features (n, features) of an intruder's queries; the model is asked here, answer by answer."""
        scene = staged.scene
        assert scene.intruder is not None
        rng = np.random.default_rng([self.seed, 99, staged.start_ns // MINUTE_NS])
        asked = np.round(scene.intruder(self.models[scene.model], rng), 3)
        gaps = rng.exponential(1.0, len(asked) + 1)
        ts_ns = staged.start_ns + (gaps.cumsum()[:-1] / gaps.sum() * (staged.end_ns - staged.start_ns)).astype(np.int64)
        return ts_ns // 1_000_000 * 1_000_000, asked

    def _log(self, traffic: Traffic, hour: int, rng: np.random.Generator) -> list[Record]:
        """The records as the serving layer writes them; a request that timed out has no answer."""
        n = len(traffic.ts_ns)
        if n == 0:
            return []
        model = traffic.model
        failed = (rng.random(n) < FAILED_SHARE).tolist()
        latency = np.round(traffic.latency_ms, 2).tolist()
        outputs = model.outputs(traffic.probabilities)
        rows: list[Record] = []
        for i, (ts_ns, who, features) in enumerate(
            zip(traffic.ts_ns.tolist(), traffic.who, _feature_dicts(traffic), strict=True)
        ):
            record: dict[str, Any] = {
                "ts": ts_ns / 1e9,
                "model": model.name,
                "version": model.version,
                "principal": who,
                "id": f"{model.name[:2]}-{hour:x}-{i}",
                "features": features,
                "status": "timeout" if failed[i] else "ok",
                "latency_ms": TIMEOUT_MS if failed[i] else latency[i],
                "source_ip": self._by_name[who].ip,
            }
            if not failed[i]:
                record.update(outputs[i])
            rows.append((ts_ns, record))
        return rows


def _overlap(staged: Staged, hour: int) -> bool:
    return staged.start_ns < (hour + 1) * HOUR_NS and staged.end_ns > hour * HOUR_NS


def _rows(traffic: Traffic, keep: Any) -> Traffic:
    who = [name for name, kept in zip(traffic.who, keep.tolist(), strict=True) if kept]
    return Traffic(
        traffic.model,
        traffic.ts_ns[keep],
        who,
        traffic.features[keep],
        traffic.probabilities,
        traffic.latency_ms[keep],
    )


def _feature_dicts(traffic: Traffic) -> list[dict[str, Any]]:
    """One dictionary per row: categories by name, a value that was not given as None."""
    model = traffic.model
    columns: list[list[Any]] = []
    for i, name in enumerate(model.features):
        column = traffic.features[:, i]
        names = model.categories.get(name)
        if names is not None:
            columns.append([names[int(code)] for code in column])
        else:
            columns.append([None if value != value else value for value in column.tolist()])
    return [dict(zip(model.features, row, strict=True)) for row in zip(*columns, strict=True)]
