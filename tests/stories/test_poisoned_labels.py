"""`mirqab replay` over feedback that somebody poisons: who or what is named, and nobody else."""

from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from monitors.judge import Judge
from schemas.events import RawRecord
from schemas.settings import Settings
from streams import cli
from tests.support.poisoned import DAY, Campaign, Feed, Row, feedback, lines, of, trigger, where
from tests.support.traffic import MONDAY, RULES, Made, run_line, traffic

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "poison" / "feedback_dev.jsonl.gz"
CAMPAIGNS = [
    Campaign("flips", of("desk-03", 0.6), 3, 8),
    Campaign("old", where(lambda f: f[0] >= 58, 0.7, 1), 4, 9),
    Campaign("backdoor", trigger({3: 31.0, 2: 12_345.0}, 0.15, "desk-02"), 2.5, 10),
]


def replayed(tmp_path: Path, rows: list[Row], name: str = "out") -> list[dict[str, Any]]:
    """Alerts about labels that `mirqab replay FILE --output DIR` writes; that answers seem worse is told besides."""
    (tmp_path / name).mkdir()
    # One name: a record's identity has its file's, and equal times are summed in the order of identities.
    file = tmp_path / name / "feedback.jsonl"
    file.write_bytes(b"\n".join(lines(rows)) + b"\n")
    assert cli.main(["replay", str(file), "--output", str(tmp_path / name / "out")]) == 0
    alerts = [json.loads(line) for line in (tmp_path / name / "out" / "alerts.jsonl").read_text().splitlines()]
    assert {alert["rule"] for alert in alerts if alert["family"] != "poisoning"} <= {"accuracy_fall"}
    return [alert for alert in alerts if alert["family"] == "poisoning"]


def test_each_campaign_is_named_and_nobody_else_and_the_answers_are_not_read(tmp_path: Path) -> None:
    rows = feedback(Feed(days=10), CAMPAIGNS, seed=21)
    alerts = replayed(tmp_path, rows)
    assert len(alerts) == 3
    assert {(a["rule"], a["feature"], tuple(a["label_sources"])) for a in alerts} == {
        ("poisoned_source", "", ("desk-03",)),
        ("poisoned_subgroup", "f00", ()),
        ("poisoned_backdoor", "f02=12345 & f03=31", ("desk-02",)),
    }
    for alert in alerts:
        assert (alert["family"], alert["level"], alert["technique"]) == ("poisoning", "ticket", "AML.T0020")
        assert 0 < alert["p"] < 0.001
        assert alert["n"] >= 5
        assert alert["effect"] > 0.1
        begun = {"poisoned_source": 3, "poisoned_subgroup": 4, "poisoned_backdoor": 2.5}[alert["rule"]]
        assert begun < (alert["opened"] - MONDAY) / DAY < begun + 2.5
    told = {a["rule"]: a["summary"] for a in alerts}
    assert "or more" in told["poisoned_subgroup"]
    assert "desk-03" in told["poisoned_source"]
    plain = [{k: v for k, v in row.items() if k not in ("poison", "campaign")} for row in rows]
    assert replayed(tmp_path, plain, "plain") == alerts


def test_a_judge_that_goes_on_from_its_profile_says_the_same() -> None:
    """Sunday to Tuesday: the week turns while a source lies, and what was learnt of it is not forgotten."""
    rows = feedback(Feed(days=9), [Campaign("c", of("desk-03", 0.5), 4.5, 9)], seed=22)
    settings: Settings = Settings().replace("kafka", partitions=1)
    ran = run_line(Made().add(lines(rows)).feeds(500), settings)
    assert {alert.rule for alert in ran.told if alert.opened_ns} == {"poisoned_source"}
    profiles = ran.store.rows("profiles")[-1:]
    assert '"desk-03"' in profiles[0]["state"]
    judge = Judge(settings, RULES)
    judge.load([row["state"].encode() for row in profiles], profiles[0]["at_ns"] - 60 * 10**9)
    again = [json.loads(state.dump())["labels"] for state in judge.states.values()]
    assert again == [json.loads(row["state"])["labels"] for row in profiles]


def only_labels(rows: list[Row]) -> list[Row]:
    """The same feedback as it comes where answers were logged before: the label, whose it is, and by whom."""
    return [
        {"ts": row["ts"], "model": row["model"], "id": f"r{row['id']}", "label": row["label"], "source": row["source"]}
        for row in rows
    ]


def test_labels_that_come_alone_are_joined_and_no_traffic(tmp_path: Path) -> None:
    """Answers first, their labels as records of their own on the same topic; the liar is named all the same."""
    rows = feedback(Feed(days=8, per_day=500), [Campaign("c", of("desk-03", 0.7), 4, 8)], seed=23)
    keep = ("model", "features", "score")
    served = [{"ts": r["ts"] - 600, "id": f"r{r['id']}", **{k: r[k] for k in keep}} for r in rows]
    both = sorted([*served, *only_labels(rows)], key=lambda row: float(row["ts"]))
    alerts = replayed(tmp_path, both)
    assert {(a["rule"], tuple(a["label_sources"])) for a in alerts} == {("poisoned_source", ("desk-03",))}
    events = (tmp_path / "out" / "out" / "events.jsonl").read_text().splitlines()
    assert len(events) == len(rows)


def test_labels_between_inferences_miss_no_values() -> None:
    """Half of the records of a healthy topic are labels: nothing is missing, nobody is paged, each counts once."""
    rows: list[Row] = [{**row, "id": f"r{i}"} for i, row in enumerate(traffic(180, 60, seed=8))]
    labels = [
        {"ts": r["ts"] + 60, "model": r["model"], "id": r["id"], "label": str(r["prediction"])} for r in rows[:-200]
    ]
    both: list[Row] = sorted([*rows, *labels], key=lambda row: float(row["ts"]))
    made = Made().add(both)
    ran = run_line(made.feeds(512))
    assert [alert.summary for alert in ran.told if alert.opened_ns] == []
    assert len(ran.store.rows("events")) == len(rows)
    assert sum(row["vectors"]["n"][0] for row in ran.store.rows("minutes")) == len(rows)
    assert sum(row["vectors"].get("label", [0])[0] for row in ran.store.rows("minutes")) == len(labels)


def test_a_label_that_names_no_answer_is_rejected_with_the_reason() -> None:
    ran = run_line([(Made().source, [RawRecord(0, b'{"ts": 1749427200, "model": "m", "label": 1}', None)])])
    assert [row["reason"] for row in ran.store.rows("rejects")] == [
        "a label alone needs the `id` of the answer that it belongs to"
    ]


def test_the_development_file(tmp_path: Path) -> None:
    """Up to the day after the last of the three was named."""
    if not REAL.is_file():
        pytest.skip(f"needs {REAL.name} in ../shared/data/poison")
    with gzip.open(REAL, "rt") as file:
        rows = [json.loads(line) for line in islice(file, 17_000)]
    alerts = replayed(tmp_path, rows)
    assert {(a["rule"], a["feature"], tuple(a["label_sources"])) for a in alerts} == {
        ("poisoned_source", "", ("fb-03",)),
        ("poisoned_subgroup", "f05", ()),
        ("poisoned_backdoor", "f10=37 & f11=411", ("fb-06",)),
    }
