"""Labels that come later, over a real ClickHouse: joined to the stored answer with its features."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from schemas.events import RawRecord, Source
from schemas.settings import Settings
from schemas.summaries import Progress
from streams.filelabels import FileLabels
from streams.known import Baselines
from streams.labelling import Labelling
from streams.meter import Meter
from streams.migrate import migrate
from streams.observer import Observer
from streams.sinks.clickhouse import ClickHouseStore
from streams.wire import decode

AT = 1_750_000_000


async def test_a_label_is_joined_with_the_features_of_its_answer(tmp_path: Path) -> None:
    settings = Settings().replace("store", folder=str(tmp_path / "store")).replace("kafka", partitions=1)
    store = ClickHouseStore(settings.store, wait=False)
    await store.connect()
    await migrate(store, settings)
    sent: list[Progress] = []

    async def publish(messages: Sequence[tuple[int, bytes]]) -> None:
        sent.extend(decode(data) for _, data in messages)

    observer = Observer(
        settings,
        store,
        publish,
        Baselines(),
        clock=lambda: AT * 10**9,
        wall=lambda: 0,
        floor=lambda source, offset: None,
        meter=Meter(),
        labels=FileLabels(1, publish),
    )
    answers = [
        {"ts": AT + i, "model": "m", "id": f"r{i}", "score": 0.25, "features": {"age": 40 + i, "kind": "a"}}
        for i in range(3)
    ]
    records = [RawRecord(i, json.dumps(row).encode(), None) for i, row in enumerate(answers)]
    await observer.feed(Source("log", "inference", 0), records)
    label = {"ts": AT + 60, "model": "m", "id": "r1", "label": 1, "label_source": "desk-3"}
    agent = Labelling(settings, store, publish, clock=lambda: AT * 10**9, floor=lambda source, offset: None)
    for _ in range(2):  # read again after a kill
        sent.clear()
        await agent.feed(
            Source("log", "mirqab.labels", 0), [RawRecord(0, json.dumps(label).encode(), (AT + 60) * 10**9)]
        )
        ((_, summary),) = sent[0].summaries
        (row,) = summary.labelled
        assert (row.source, row.score, row.true) == ("desk-3", 0.25, True)
        assert (row.num, row.cat) == ({"age": 41.0}, {"kind": "a"})
    await store.close()
