"""Judges the stored minutes again, through the same code as a rebuilding worker; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.alerts import Alert
from schemas.baselines import Baseline
from schemas.errors import UsageError
from schemas.formats.json_lines import Bad, timestamp
from schemas.rules import Rule
from schemas.settings import Settings
from streams.judging import Judging
from streams.known import Baselines
from streams.meter import Meter
from streams.sinks.clickhouse import ClickHouseStore


async def replay_stored(
    settings: Settings, rules: tuple[Rule, ...], model: str | None, until: str | None
) -> list[Alert]:
    """Every alert transition that the stored closes give, in order; of one model, up to a time, if wanted.

    Raises UsageError for a time that cannot be read, StoreUnavailable or StoreRefused.
    """
    end_ns = None
    if until is not None:
        try:
            end_ns = int(timestamp(float(until) if until.replace(".", "", 1).isdigit() else until) * 1e9)
        except Bad as e:
            raise UsageError(f"--until: {e}") from e
    store = ClickHouseStore(settings.store, wait=False)
    alerts: list[Alert] = []
    try:
        await store.connect()
        baselines = Baselines()
        await baselines.read(store)
        for shard in range(settings.kafka.partitions):
            judging = Judging(
                shard, settings, rules, store, baselines, tell=_tell_nobody, floor=lambda offset: None, meter=Meter()
            )
            alerts += await judging.replay_all()
    finally:
        await store.close()
    wanted = [
        alert
        for alert in alerts
        if (model is None or alert.series.model == model) and (end_ns is None or alert.transitions[-1].at_ns <= end_ns)
    ]
    return sorted(wanted, key=lambda alert: (alert.transitions[-1].at_ns, alert.id))


async def _tell_nobody(alerts: Sequence[Alert], baselines: Sequence[Baseline]) -> None:
    return None
