"""Grafana's alert rules, receivers and files: SQL that runs, shapes that its evaluator takes, models that read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from clickhouse_connect.driver.client import Client
from grafana_foundation_sdk.models import alerting as sdk

from dashboards.grafana.alerting import all_rules
from dashboards.grafana.board import all_boards, panel_id
from dashboards.grafana.bundle import bundle
from dashboards.grafana.receivers import contact_points, mute_timings, receiver
from dashboards.grafana.render import files, write
from monitors.silences import in_force, silenced
from schemas.actions import Action
from schemas.errors import SettingError, UsageError
from schemas.incidents import Incident
from schemas.settings import Grafana, Settings, Store
from tests.support import seed
from tests.support.cli import Mirqab
from tests.support.clickhouse import ClickHouseProcess
from tests.support.console import make_store
from tests.support.macros import expand
from tests.support.stored import insert

NOW_MS = seed.NOW_NS // 1_000_000
SETTINGS = Settings(
    store=Store(url="https://clickhouse.example:8443", ca_file="/etc/mirqab/ca.pem"),
    grafana=Grafana(
        email=["soc@bank.example"],
        webhook="https://hook.example/x",
        slack_url="https://hooks.example/s3cret",
        pagerduty_key="s3cret",
        maintenance=["friday saturday 22:00-24:00", "09:00-09:30"],
        timezone="Asia/Qatar",
    ),
)
RULES = {rule["uid"]: rule for rule in bundle(SETTINGS).rules}


@pytest.fixture(scope="module")
def stores(clickhouse: ClickHouseProcess) -> Iterator[dict[str, Client]]:
    found = {}
    for name in ("rules_filled", "rules_empty", "rules_silenced"):
        make_store(clickhouse, name, filled=name == "rules_filled")
        found[name.removeprefix("rules_")] = clickhouse.client(name)
    yield found
    for client in found.values():
        client.close()


def sql_of(uid: str, now_ms: int = NOW_MS) -> str:
    return expand(RULES[uid]["data"][0]["model"]["rawSql"], now_ms - 900_000, now_ms, 60)


@pytest.mark.parametrize("uid", RULES)
def test_a_rule_gets_one_number_and_texts(uid: str, stores: dict[str, Client]) -> None:
    shape = stores["filled"].query(f"DESCRIBE ({sql_of(uid)})").result_rows
    assert [kind for _, kind in ((row[0], row[1]) for row in shape) if kind == "Float64"] == ["Float64"]
    assert all(row[1] in ("String", "LowCardinality(String)", "Float64") for row in shape)
    rows = stores["filled"].query(sql_of(uid)).result_rows
    assert rows
    labels = [tuple(value for value in row if isinstance(value, str)) for row in rows]
    assert len(set(labels)) == len(labels), "two instances with the same labels"
    assert stores["empty"].query(sql_of(uid)).result_rows == []


def firing(uid: str, client: Client, now_ms: int = NOW_MS) -> int:
    """How many instances would fire, as Grafana's threshold has it."""
    above = RULES[uid]["data"][2]["model"]["conditions"][0]["evaluator"]["params"][0]
    rows = client.query(sql_of(uid, now_ms)).result_rows
    return sum(next(value for value in row if isinstance(value, float)) > above for row in rows)


def test_open_pages_fire_and_others_do_not(stores: dict[str, Client]) -> None:
    # a1 of the seed, and the hostile one whose evidence is no JSON; a2, and the hostile ones.
    assert firing("mirqab-page-open", stores["filled"]) == 2
    assert firing("mirqab-ticket-open", stores["filled"]) == 1 + len(seed.HOSTILE)
    assert firing("mirqab-page-open", stores["empty"]) == 0


ACTS = (
    ("a verdict", "verdict", "incident", "i1", "fault"),
    ("a silence", "silence", "incident", "i1", "now"),
    ("a silence that is over", "silence", "incident", "i1", "over"),
    ("another's silence", "silence", "incident", "i2", "now"),
    ("a pattern of models", "silence", "model", "card-*", "now"),
    ("a pattern of one letter", "silence", "model", "card-frau?", "now"),
    ("a pattern that fits one of two", "silence", "model", "card-fraud", "now"),
    ("a dot is a dot", "silence", "model", "card.*", "now"),
    ("a rule", "silence", "rule", "*_drift", "now"),
    ("maintenance", "maintenance", "model", "c*", "now"),
)


@pytest.mark.parametrize("family", ["drift", "extraction"])
@pytest.mark.parametrize(("name", "action", "kind", "subject", "when"), ACTS, ids=[act[0] for act in ACTS])
def test_what_people_silenced_does_not_fire(
    stores: dict[str, Client], family: str, name: str, action: str, kind: str, subject: str, when: str
) -> None:
    """As `monitors.silences` judges it for the pager."""
    models = ["card-fraud", "card-limits"]
    client = stores["silenced"]
    for table in ("incidents", "actions"):
        client.command(f"TRUNCATE TABLE {table}")
    times = {"now": f"{seed.NOW_NS - 5}..{seed.NOW_NS + 5}", "over": f"0..{seed.NOW_NS - 5}"}
    value = times.get(when, when)
    row = {"id": "i1", "at": seed.NOW, "model": models[0], "models": models, "level": "page", "state": "open"}
    insert(client, "incidents", [{**row, "rule": "score_drift", "family": family}])
    act = {"kind": kind, "subject": subject, "at": seed.NOW, "action": action, "value": value, "actor": "x"}
    insert(client, "actions", [{**act, "at_ns": seed.NOW_NS - 9, "id": "a"}])
    done = Action(seed.NOW_NS - 9, action, kind, subject, "x", "y", value)
    incident = Incident(
        "i1", "open", "page", "alert", family, "score_drift", models[0], "a1", (), (), tuple(models), (), 0, 0, None,
        "", None, None, 1,
    )  # fmt: skip
    kept = action == "verdict" or silenced(incident, in_force([done], seed.NOW_NS)) is not None
    assert firing("mirqab-page-open", client) == int(not kept)
    insert(client, "actions", [{**act, "at_ns": seed.NOW_NS - 3, "id": "b", "action": "unsilence", "value": ""}])
    assert firing("mirqab-page-open", client) == int(action != "verdict")


def test_absence_fires_once_it_has_lasted(stores: dict[str, Client]) -> None:
    for uid in ("mirqab-nothing-judged", "mirqab-nothing-read"):
        assert firing(uid, stores["filled"]) == 0
        assert firing(uid, stores["filled"], NOW_MS + 30 * 60_000) >= 1
        assert RULES[uid]["noDataState"] == "Alerting", "an empty store is an alarm, too"
        assert RULES[uid]["execErrState"] == "Alerting"


def test_what_chat_tools_take_for_markup_is_not_in_a_label(stores: dict[str, Client]) -> None:
    for uid in RULES:
        for row in stores["filled"].query(sql_of(uid)).result_rows:
            assert not any(sign in str(value) for value in row for sign in "<>@|[]`"), row


@pytest.mark.parametrize("uid", RULES)
def test_grafanas_own_model_reads_the_rule(uid: str) -> None:
    group = {"title": "mirqab", "folderUid": "mirqab", "interval": 60, "rules": [RULES[uid]]}
    read = sdk.RuleGroup.from_json(group)
    assert read.rules is not None
    rule = read.rules[0]
    assert set(RULES[uid]) <= set(rule.to_json()), "a key that Grafana's model does not know"
    assert rule.condition in {query.ref_id for query in rule.data}
    assert len(rule.uid or "") <= 40
    assert rule.notification_settings is not None
    assert set(RULES[uid]["notification_settings"]) <= set(rule.notification_settings.to_json())


def test_each_rule_has_its_own_uid_and_leads_somewhere() -> None:
    for rule in all_rules():
        assert rule.uid.startswith("mirqab-")
        assert panel_id(rule.board, rule.panel) >= 1
        assert len(rule.help) > 30
    with pytest.raises(UsageError, match="Open pages"):
        panel_id("mirqab-oncall", "Open page")


def test_grafanas_own_models_read_receivers_and_timings() -> None:
    for point in contact_points(SETTINGS.grafana, lambda name, value: value):
        assert set(point) <= set(sdk.ContactPoint.from_json(point).to_json())
    for timing in mute_timings(SETTINGS.grafana):
        read = sdk.MuteTiming.from_json(timing)
        assert read.name == "Mirqab maintenance"
        assert len(read.time_intervals or []) == 2


def test_a_receiver_is_the_users_own_or_ours_or_none() -> None:
    assert receiver(Grafana()) == ""
    assert receiver(Grafana(email=["a@b.example"])) == "Mirqab"
    assert receiver(Grafana(email=["a@b.example"], receiver="SOC")) == "SOC"
    assert all("notification_settings" not in rule for rule in bundle(Settings(store=SETTINGS.store)).rules)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fryday 10:00-11:00", "did you mean friday"),
        ("friday 23:00-01:00", "over midnight give two"),
        ("friday", "must end with times"),
        ("friday 24:30-25:00", "must end with times"),
        ("", "must end with times"),
    ],
)
def test_times_that_are_none_are_refused(text: str, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        mute_timings(Grafana(maintenance=[text]))


def test_a_time_zone_that_is_none_is_refused() -> None:
    with pytest.raises(SettingError, match="Asia/Qatar"):
        mute_timings(Grafana(maintenance=["10:00-11:00"], timezone="Qatar time"))


def test_a_store_without_address_is_refused() -> None:
    with pytest.raises(SettingError, match="store_url"):
        bundle(Settings())


def as_grafana_reads(text: str) -> Any:
    """Variables replaced as Grafana does in its files: `$$` is a dollar, `${NAME}` comes from the environment."""

    def replaced(value: Any) -> Any:
        if isinstance(value, str):
            parts = value.split("$$")
            assert all("$" not in part or part.startswith(("${MIRQAB_", "$__file{")) for part in parts), value
            return "$".join(parts)
        if isinstance(value, dict):
            return {key: replaced(each) for key, each in value.items()}
        return [replaced(each) for each in value] if isinstance(value, list) else value

    return replaced(yaml.safe_load(text))


def test_the_files_say_what_the_push_says() -> None:
    texts = files(SETTINGS)
    made = bundle(SETTINGS)
    boards = {name: json.loads(text) for name, text in texts.items() if name.endswith(".json")}
    assert list(boards.values()) == list(made.dashboards)
    group = as_grafana_reads(texts["provisioning/alerting/rules.yaml"])["groups"][0]
    api_only = {"orgID", "folderUID", "ruleGroup"}
    assert group["rules"] == [{k: v for k, v in rule.items() if k not in api_only} for rule in made.rules]
    assert group["interval"] == "60s"
    assert group["folder"] == made.folder["title"]
    points = as_grafana_reads(texts["provisioning/alerting/contact-points.yaml"])["contactPoints"][0]
    assert [point["uid"] for point in points["receivers"]] == [point["uid"] for point in made.contact_points]
    timings = as_grafana_reads(texts["provisioning/alerting/mute-timings.yaml"])["muteTimes"]
    assert [{k: v for k, v in timing.items() if k != "orgId"} for timing in timings] == list(made.mute_timings)


def test_no_secret_is_written() -> None:
    texts = files(SETTINGS.replace("grafana", store_password="s3cret"))
    assert not any("s3cret" in text for text in texts.values())
    source = as_grafana_reads(texts["provisioning/datasources/mirqab.yaml"])["datasources"][0]
    hidden = {"password": "${MIRQAB_GRAFANA_STORE_PASSWORD}", "tlsCACert": "$__file{/etc/mirqab/ca.pem}"}
    assert source["secureJsonData"] == hidden


def test_render_writes_and_tidies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mirqab = Mirqab(capsys)
    config = tmp_path / "mirqab.toml"
    config.write_text('[store]\nurl = "http://clickhouse:8123"\n')
    out = tmp_path / "out"
    told = mirqab.json("grafana", "render", "--output", out, "--config", config)
    assert told["files"] == told["changed"]
    assert len([name for name in told["files"] if name.endswith(".json")]) == len(all_boards())
    (out / "dashboards" / "mirqab-gone.json").write_text("{}")
    (out / "dashboards" / "theirs.json").write_text("{}")
    assert mirqab.json("grafana", "render", "--output", out, "--config", config)["changed"] == [
        "dashboards/mirqab-gone.json"
    ]
    assert (out / "dashboards" / "theirs.json").exists()
    (tmp_path / "file").write_text("")
    assert "cannot write" in mirqab.refused("grafana", "render", "--output", tmp_path / "file", "--config", config)


def test_a_folder_is_written_once(tmp_path: Path) -> None:
    texts = {"a/b.yaml": "x\n"}
    assert write(tmp_path, texts) == ["a/b.yaml"]
    assert write(tmp_path, texts) == []
