"""Closed minutes read back from the store, as the judge takes them: summaries with their queries and texts."""

from __future__ import annotations

from schemas.summaries import Summary, SummaryKey
from streams import judgerows as rows
from streams.store import Store

MINUTES = """
SELECT model, version, segment, minute_ns, baseline, vectors, principals, predictions, sample, labelled
FROM minutes_now
WHERE shard = {shard:UInt32} AND minute_ns >= {since:Int64} AND minute_ns <= {until:Int64}
    AND (model = {model:String} OR {model:String} = '')
"""
PRINCIPAL_MINUTES = """
SELECT model, version, minute_ns, baseline, principal, turn, width, queries
FROM principal_minutes_now
WHERE shard = {shard:UInt32} AND minute_ns >= {since:Int64} AND minute_ns <= {until:Int64}
    AND (model = {model:String} OR {model:String} = '')
"""
TEXT_MINUTES = """
SELECT model, version, minute_ns, baseline, principal, turn, texts
FROM text_minutes_now
WHERE shard = {shard:UInt32} AND minute_ns >= {since:Int64} AND minute_ns <= {until:Int64}
    AND (model = {model:String} OR {model:String} = '')
"""


async def minutes_of(
    store: Store, shard: int, since: int, until: int, model: str = ""
) -> dict[int, dict[SummaryKey, Summary]]:
    """What a shard counted in the minutes that begin in [since, until] ns: of one model, or of all."""
    span = {"shard": shard, "since": since, "until": until, "model": model}
    minutes: dict[int, dict[SummaryKey, Summary]] = {}
    for row in await store.query(MINUTES, span):
        key, summary = rows.summary_of(row)
        minutes.setdefault(key.minute_ns, {})[key] = summary
    for key, queries in rows.queries_of(await store.query(PRINCIPAL_MINUTES, span)).items():
        if key in minutes.get(key.minute_ns, {}):
            minutes[key.minute_ns][key].queries = queries
    for key, texts in rows.texts_of(await store.query(TEXT_MINUTES, span)).items():
        if key in minutes.get(key.minute_ns, {}):
            minutes[key.minute_ns][key].texts = texts
    return minutes
