"""Every section of the weekly report: it makes a section, or none, of full, changed, small and empty weeks."""

from __future__ import annotations

import asyncio
import json
from types import ModuleType

import pytest

from dashboards.reports.document import Document, Section
from dashboards.reports.gather import gather
from dashboards.reports.judged import Judged, judge
from dashboards.reports.render import html
from dashboards.reports.sections import coverage
from dashboards.reports.weekly import document_of, sections
from dashboards.reports.weeks import week_of
from schemas.settings import Settings
from streams import drilled
from streams.drilling import Drilled
from streams.ruleset import read_rules
from tests.support.weeks import MONDAY, WEEK, learnt, log_of, observe, opened, records

SETTINGS = Settings()
AFTER_NS = (MONDAY + 2 * WEEK) * 1_000_000_000
WEEKS = {"usual": "2026-W10", "changed": "2026-W11", "small": "2026-W12", "empty": "2026-W13"}


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judged]:
    """Four weeks of one model, and one of a model without a baseline."""
    folder = tmp_path_factory.mktemp("sections")
    usual = log_of(folder / "usual.jsonl", records(MONDAY - WEEK, 2000, 1))
    strange = [{**r, "model": "strange", "features": {}, "score": None} for r in records(MONDAY, 200, 3)]
    rest = log_of(
        folder / "rest.jsonl", records(MONDAY, 2000, 2, x0=1.0, missing=0.3), records(MONDAY + WEEK, 8, 3), strange
    )

    async def make() -> dict[str, Judged]:
        async with opened(folder / "store") as store:
            await observe(store, [usual, rest], learnt(usual))
            for level, lost, at in (("page", 0, MONDAY - 9), ("", 1, MONDAY + 9)):
                silent = Drilled("loans", "1", "silence", "strong", level=level, lost=lost)
                weak = Drilled("loans", "1", "fault_unit", "weak", level="ticket")
                unseen = Drilled("loans", "1", "drift_input", "strong", level="suspected")
                await drilled.keep(store, SETTINGS, (), [silent, weak, unseen], at * 1_000_000_000)
            asked = {
                name: await gather(store, SETTINGS, read_rules(SETTINGS), model, week_of(week), AFTER_NS)
                for name, model, week in [(n, "loans", w) for n, w in WEEKS.items()]
                + [("no baseline", "strange", "2026-W11")]
            }
        return {name: judge(each) for name, each in asked.items()}

    return asyncio.run(make())


@pytest.mark.parametrize("name", [*WEEKS, "no baseline"])
@pytest.mark.parametrize("module", sections(), ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_section_is_made_of_every_week(module: ModuleType, name: str, weeks: dict[str, Judged]) -> None:
    made = module.section(weeks[name])
    assert isinstance(module.PLACE, int)
    if made is None:
        return
    assert isinstance(made, Section)
    assert made.title
    assert made.blocks
    assert json.loads(json.dumps(made.data)) is not None
    one = Document("weekly", "t", "s", "m", "p", 0, 0, 0, "look", ("a", "b"), (made,))
    assert f"<h2>{made.title}</h2>" in html(one)
    for block in made.blocks:
        if block.kind == "table":
            assert {len(row) for row in block.rows} <= {len(block.heads)}  # type: ignore[union-attr]
            assert all(isinstance(cell, str) for row in block.rows for cell in row)  # type: ignore[union-attr]


def test_coverage_says_what_drills_saw_up_to_the_end_of_the_week(weeks: dict[str, Judged]) -> None:
    def told(name: str) -> tuple[str, list[str]]:
        made = coverage.section(weeks[name])
        assert made is not None
        return str(dict(made.blocks[0].pairs)["Drills"]), made.data["blind_spots"]  # type: ignore[union-attr]

    drills, spots = told("usual")
    assert drills == "2 of 3 seen as ticket or page; the last on 2026-03-08"
    assert "Even strong drills of drift_input are seen by no ticket or page." in spots
    drills, spots = told("changed")
    assert drills == "1 of 3 seen as ticket or page; the last on 2026-03-09"
    assert "Drills of strong silence were seen until 2026-03-08 and are not any more." in spots
    assert told("no baseline")[0] == "none was run"


def test_every_section_speaks_of_some_week(weeks: dict[str, Judged]) -> None:
    silent = [m.__name__ for m in sections() if all(m.section(judged) is None for judged in weeks.values())]
    # Weeks are counted from closed minutes, which this store has none of.
    assert silent == ["dashboards.reports.sections.weeks"]


def test_names_are_unique_and_verdicts_fit(weeks: dict[str, Judged]) -> None:
    reports = {name: document_of(judged) for name, judged in weeks.items()}
    for report in reports.values():
        assert len({s.name for s in report.sections}) == len(report.sections)
    assert {name: report.verdict for name, report in reports.items()} == {
        "usual": "nothing to do",
        "changed": "look",
        "small": "not enough data",
        "empty": "no traffic",
        "no baseline": "not enough data",
    }
