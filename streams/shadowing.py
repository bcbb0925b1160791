"""The shadow that drills are run on: a model's newest traffic, and the judge as it stood where that begins.

State comes back the way a worker's does: the last profile, then the stored closed minutes, through the same code. So a
drill knows nights and weekends, and what is usual, as the line does. Alerts that stood open are left out: traffic
that still gives them gives them again, and then they are not the drill's.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from monitors.drills import Record, Shadow
from monitors.drills.surrogate import Surrogate, answered
from monitors.judge import Judge
from monitors.prepared import Prepared
from monitors.written import written_of
from schemas.baselines import PROPOSED, Baseline, decode, rank
from schemas.errors import BaselineError
from schemas.events import MINUTE_NS
from schemas.rules import Rule
from schemas.settings import Settings
from streams.minutes import minutes_of
from streams.store import Store
from streams.storedevents import RECORDS, as_record, names_of

SECOND_NS = 1_000_000_000
FEWEST = 600  # records; the first half of them is all that an intruder knows of the model
NEWEST = """
WHERE model = {model:String} AND version = {version:String} AND bitAnd(flags, 1) = 0
ORDER BY ts DESC LIMIT {most:UInt32}
"""
RARE = 1500  # records of each decision that the surrogate is fitted on, as far as a month has them
OLDER = """
WHERE model = {model:String} AND version = {version:String} AND bitAnd(flags, 1) = 0
    AND prediction = {decision:String} AND ts < fromUnixTimestamp64Nano({until_ns:Int64})
    AND ts >= fromUnixTimestamp64Nano({until_ns:Int64}) - INTERVAL 30 DAY
ORDER BY ts DESC LIMIT {most:UInt32}
"""
MOST_RARE = 20  # decisions
CONTENTS = "SELECT version, number, origin, id, content FROM baselines_now WHERE model = {model:String}"
PROFILES = """
SELECT at_ns, state FROM profiles_now
WHERE model = {model:String} AND version = {version:String} AND at_ns <= {until:Int64}
ORDER BY at_ns DESC LIMIT 1 WITH TIES
"""
SHARDS = "SELECT shard, max(minute_ns) AS last_ns FROM minutes_now WHERE model = {model:String} GROUP BY shard"


@dataclass(frozen=True, slots=True)
class Case:
    """What drills of one model need: traffic, the baseline in force, the judge's states at `begin_ns` if known."""

    shadow: Shadow
    baseline: Baseline
    history: tuple[bytes, ...] = ()
    begin_ns: int = 0


async def case_of(store: Store, settings: Settings, rules: tuple[Rule, ...], model: str, most: int) -> Case:
    """At most `most` newest events of a model; trouble is put into the second half of them.

    Raises BaselineError where there is no baseline, too little traffic, or a surrogate that is not faithful.
    """
    baselines = [row for row in await store.query(CONTENTS, {"model": model}) if row["origin"] != PROPOSED]
    if not baselines:
        raise BaselineError(f"{model}: there is no baseline, so nothing could see a drill")
    best = max(baselines, key=lambda row: rank(row["number"], row["origin"], row["id"]))
    baseline = decode(best["content"])
    asked = {"model": model, "version": baseline.version}
    records = await _events(store, NEWEST, {**asked, "most": most})
    if len(records) < FEWEST:
        raise BaselineError(
            f"{model}: {len(records):,} events of version {baseline.version or '(none)'} are stored; a drill needs "
            f"{FEWEST}"
        )
    known = tuple(Prepared(decode(row["content"])) for row in baselines if row["version"] == baseline.version)
    pane_ns = settings.line.pane_minutes * MINUTE_NS
    begin_ns = -(-int(records[0]["ts"] * SECOND_NS) // pane_ns) * pane_ns
    history = await _history(store, settings, rules, known, begin_ns)
    known_s = float(records[0]["ts"])
    since = [record for record in records if record["ts"] * SECOND_NS >= begin_ns] if history else []
    if since:
        records = since
        known_s = min(written_of(state).first_ns for state in history) / SECOND_NS
    # In a thread: it takes seconds, and in `mirqab up` the line goes on meanwhile.
    surrogate = await asyncio.to_thread(_surrogate, model, records, await _rare(store, asked, records))
    shadow = Shadow(records, float(records[len(records) // 2]["ts"]), surrogate, known_s)
    return Case(shadow, baseline, history if since else (), begin_ns)


def _surrogate(model: str, records: Sequence[Record], rare: Sequence[Record]) -> Surrogate:
    try:
        surrogate = Surrogate(records, rare)
    except ValueError as e:
        raise BaselineError(f"{model}: {e}") from e
    if surrogate.unfaithful:
        raise BaselineError(f"{model}: {surrogate.unfaithful}; a drill would test another model")
    return surrogate


async def _rare(store: Store, asked: Mapping[str, object], records: Sequence[Record]) -> list[Record]:
    """Earlier records of the decisions that are rare among these, the rarest first."""
    counts = Counter(str(record["prediction"]) for record in records if answered(record))
    found: list[Record] = []
    for decision, count in sorted(counts.items(), key=lambda each: (each[1], each[0]))[:MOST_RARE]:
        if count < RARE:
            until_ns = int(float(records[0]["ts"]) * SECOND_NS)
            about = {**asked, "decision": decision, "until_ns": until_ns, "most": RARE - count}
            found += await _events(store, OLDER, about)
    return found


async def _events(store: Store, which: str, asked: Mapping[str, object]) -> list[Record]:
    """Stored events as log records, in order of time."""
    found = await store.query(RECORDS + which, asked)
    names = await names_of(store, found)
    return sorted((as_record(row, names) for row in found), key=lambda record: float(record["ts"]))


async def _history(
    store: Store, settings: Settings, rules: tuple[Rule, ...], known: Sequence[Prepared], begin_ns: int
) -> tuple[bytes, ...]:
    """States of the model version at `begin_ns`, the end of a pane; none where its minutes are not stored up to there.

    What is between a profile and then, six hours at most, is judged again from the stored minutes.
    """
    model, version = known[0].baseline.model, known[0].baseline.version
    shards = await store.query(SHARDS, {"model": model})
    newest = max(shards, key=lambda row: int(row["last_ns"]), default=None)
    if newest is None or int(newest["last_ns"]) < begin_ns:
        return ()
    judge = Judge(settings, rules)
    for prepared in known:
        judge.know(prepared)
    profiles, since = await store.query(PROFILES, {"model": model, "version": version, "until": begin_ns}), 0
    if profiles:
        since = int(profiles[0]["at_ns"])
        judge.load([row["state"].encode() for row in profiles], since - MINUTE_NS)
    minutes = await minutes_of(store, int(newest["shard"]), since, begin_ns - MINUTE_NS, model)
    for minute, summaries in sorted(minutes.items()):
        judge.close(minute, {key: s for key, s in summaries.items() if key.version == version})
    if judge.last_ns is not None and judge.last_ns < begin_ns - MINUTE_NS:
        judge.close(begin_ns - MINUTE_NS, {})
    return tuple(_without_alerts(profile.state) for profile in judge.turn(begin_ns))


def _without_alerts(state: bytes) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(written_of(state), standings=[]), order="deterministic")
