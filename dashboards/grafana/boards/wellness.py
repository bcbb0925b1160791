"""Mirqab's own health: is everything read, judged in time, and is anything rejected, late or unwatched?"""

from __future__ import annotations

from dashboards.grafana.parts import Board, Panel, same
from dashboards.grafana.shared import CONSOLE_MODEL, GREEN, ORANGE, RED

AGES = ((None, GREEN), (5.0, ORANGE), (15.0, RED))

BOARD = Board(
    uid="mirqab-wellness",
    title="Is Mirqab itself well?",
    help="Is everything read, judged in time, and is anything rejected, late or unwatched?",
    variables=(),
    panels=(
        Panel(
            "Minutes since anything was read", "The heartbeat of reading: when a worker last began or ended a block.",
            "stat", "read_age", same("minutes"), unit="m", height=5, steps=AGES,
        ),
        Panel(
            "Minutes since a minute was judged", "By shard of the judge; the largest counts.", "stat", "judged_age",
            same("minutes"), unit="m", height=5, steps=AGES,
        ),
        Panel(
            "What was read", "Events of the blocks begun then, by topic.", "series", "line_series",
            {"slot_ns": "time", **same("topic", "events")}, bars=True, least=0,
        ),
        Panel(
            "Rejected records", "Share of the records that could not be read, by topic.", "series", "line_series",
            {"slot_ns": "time", **same("topic"), "rejected_share": "rejected"}, unit="percentunit", least=0,
        ),
        Panel(
            "Late and too far ahead", "Events behind the watermark, and those dated ahead of the clock.", "series",
            "line_series", {"slot_ns": "time", **same("topic", "late", "future")}, least=0,
        ),
        Panel(
            "From a minute's end to its close", "How long minutes wait for late events, by shard.", "series",
            "closes_delay", {"slot_ns": "time", **same("shard", "seconds")}, unit="s", least=0,
        ),
        Panel(
            "Why records were rejected", "By reason and topic, in the stretch shown.", "table", "rejects_by_reason",
            same("reason", "topic", "records", "bytes", last_ns="last"),
        ),
        Panel(
            "Partitions", "How far each partition has been read.", "table", "partitions",
            same("topic", "partition", "last_offset", "open_blocks", "events", "rejects", "late", "unknown_keys",
                 watermark_ns="watermark", newest_ns="last block"),
        ),
        Panel(
            "Models without a baseline", "They spoke in the stretch shown; nothing they do can be called unusual yet.",
            "table", "models_unlearnt", same("model", "version", "events", first_ns="first", last_ns="last"),
            links={"model": CONSOLE_MODEL},
        ),
        Panel(
            "Readings", "How many each metric gave, and how many had enough data.", "table", "readings_by_metric",
            same("metric", "readings", "with_value", last_ns="last"),
        ),
    ),
)  # fmt: skip
