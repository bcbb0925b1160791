"""What becomes of a history that is sent all at once: it is scored from the block after its baseline on."""

from __future__ import annotations

import pytest

from tests.support.traffic import Made, run_line, small_settings, traffic

BLOCK = 4096


@pytest.mark.parametrize(("fetched", "scored"), [(BLOCK, [0.0, 1.0, 1.0]), (100 * BLOCK, [0.0, 0.0, 0.0])], ids=str)
def test_a_history_is_scored_from_the_block_after_its_baseline(fetched: int, scored: list[float]) -> None:
    """By blocks, all but the first are; in one fetch, nothing was known when it was scored."""
    rows = run_line(Made().add(traffic(200, 60)).feeds(fetched), small_settings()).store.rows("events")
    blocks: dict[int, list[bool]] = {}
    for row in rows:
        blocks.setdefault(row["offset"] // BLOCK, []).append(bool(row["baseline"]))
    assert [sum(block) / len(block) for _, block in sorted(blocks.items())] == scored
