"""Push, diff and what they leave alone, against a stand-in for Grafana, through both of its client libraries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from grafana_api.grafana_face import GrafanaFace
from grafana_client.api import GrafanaApi

from dashboards.grafana.bundle import DATASOURCE, FOLDER, bundle
from dashboards.grafana.client import Api
from dashboards.grafana.command import push
from dashboards.grafana.plan import plan
from dashboards.grafana.steps import Step, covers
from schemas.errors import GrafanaRefused, GrafanaUnavailable
from schemas.settings import Console, Grafana, Settings, Store
from tests.support.grafana import TOKEN, Stub, grafana
from tests.support.grafana_boards import edit
from tests.support.ports import free_ports

SETTINGS = Settings(
    store=Store(url="https://clickhouse.example:8443"),
    console=Console(url="https://mirqab.example"),
    grafana=Grafana(
        store_password="secret",
        email=["soc@bank.example"],
        slack_url="https://hooks.example/secret",
        pagerduty_key="secret",
        maintenance=["friday saturday 22:00-23:30"],
        timezone="Asia/Qatar",
    ),
)

MOVED = SETTINGS.replace("console", url="https://other.example")


@pytest.fixture
def there() -> Iterator[tuple[str, Stub]]:
    with grafana() as (url, stub):
        yield url, stub


def old_library(url: str, token: str = TOKEN) -> Any:
    host, _, port = url.removeprefix("http://").partition(":")
    return GrafanaFace(auth=token, host=host, port=int(port))


def new_library(url: str, token: str = TOKEN) -> Any:
    return GrafanaApi.from_url(url, token)


@pytest.fixture(params=[new_library, old_library], ids=["grafana-client", "grafana-api"])
def api(request: pytest.FixtureRequest, there: tuple[str, Stub]) -> Iterator[Api]:
    made = request.param(there[0])
    yield Api(made)
    getattr(made, "client", None) and made.client.s.close()
    getattr(made, "api", None) and made.api.s.close()


def pushed(api: Api, settings: Settings = SETTINGS, *, force: bool = False) -> list[Step]:
    steps = plan(api, bundle(settings), force=force)
    push(steps)
    return steps


def actions(steps: list[Step]) -> Counter[str]:
    return Counter(step.action for step in steps)


def changed(**values: Any) -> Settings:
    return SETTINGS.replace("grafana", **values)


def test_the_first_push_makes_everything(api: Api, there: tuple[str, Stub]) -> None:
    state = there[1].state
    steps = pushed(api)
    assert actions(steps) == {"create": len(steps)}
    assert set(state.folders) == {FOLDER}
    assert len(state.dashboards) == 6
    assert set(state.rules) >= {"mirqab-page-open", "mirqab-nothing-judged", "mirqab-nothing-read"}
    assert {point["type"] for point in state.points.values()} == {"email", "slack", "pagerduty"}
    assert state.datasources[DATASOURCE]["secureJsonData"] == {"password": "secret"}
    assert state.rules["mirqab-page-open"]["notification_settings"]["receiver"] == "Mirqab"
    assert state.rules["mirqab-page-open"]["notification_settings"]["mute_time_intervals"] == list(state.timings)


def test_the_second_push_changes_nothing(api: Api, there: tuple[str, Stub]) -> None:
    pushed(api)
    before = list(there[1].state.writes)
    steps = pushed(api)
    assert actions(steps) == {"same": len(steps)}
    assert there[1].state.writes == before


def test_policies_are_never_touched(api: Api, there: tuple[str, Stub]) -> None:
    pushed(api)
    pushed(api, force=True)
    assert [write for write in there[1].state.writes if "polic" in write] == []


def test_what_changed_is_updated_and_only_that(api: Api, there: tuple[str, Stub]) -> None:
    pushed(api)
    steps = pushed(api, MOVED.replace("grafana", absent_minutes=30))
    kinds = Counter((step.kind, step.action) for step in steps)
    assert kinds["dashboard", "update"] == 6
    assert kinds["alert rule", "update"] == 5
    assert kinds["contact point", "same"] == 3
    assert kinds["data source", "same"] == 1
    model = there[1].state.rules["mirqab-nothing-read"]["data"][2]["model"]
    assert model["conditions"][0]["evaluator"]["params"] == [30]
    assert actions(pushed(api, MOVED.replace("grafana", absent_minutes=30))).keys() == {"same"}


def test_a_dashboard_edited_by_hand_is_kept(api: Api, there: tuple[str, Stub]) -> None:
    state = there[1].state
    pushed(api)
    edit(state.dashboards["mirqab-soc"])
    steps = pushed(api, MOVED)
    assert {step.name: step.reason for step in steps if step.action == "kept"}.keys() == {"Mirqab · SOC live"}
    assert state.dashboards["mirqab-soc"][-1]["dashboard"]["title"] == "Mine now"
    pushed(api, MOVED, force=True)
    assert state.dashboards["mirqab-soc"][-1]["dashboard"]["title"] == "Mirqab · SOC live"
    assert actions(pushed(api, MOVED)).keys() == {"same"}


def test_an_edit_between_diff_and_push_is_not_lost(api: Api, there: tuple[str, Stub]) -> None:
    pushed(api)
    steps = plan(api, bundle(MOVED))
    edit(there[1].state.dashboards["mirqab-soc"])
    with pytest.raises(GrafanaRefused, match=r"cannot update the dashboard 'Mirqab · SOC live'.*changed by someone"):
        push(steps)


def test_a_dashboard_that_was_moved_stays_where_it_is(api: Api, there: tuple[str, Stub]) -> None:
    state = there[1].state
    pushed(api)
    state.folders["theirs"] = {"uid": "theirs", "title": "Theirs", "version": 1}
    state.dashboards["mirqab-soc"][-1]["folderUid"] = "theirs"
    pushed(api, MOVED)
    assert state.dashboards["mirqab-soc"][-1]["folderUid"] == "theirs"


def test_only_what_it_made_is_deleted(api: Api, there: tuple[str, Stub]) -> None:
    state = there[1].state
    pushed(api)
    rule = {**state.rules["mirqab-page-open"], "notification_settings": None}
    state.rules["theirs"] = {**rule, "uid": "theirs", "title": "Theirs", "provenance": ""}
    state.rules["mirqab-old"] = {**rule, "uid": "mirqab-old", "title": "Old"}
    state.rules["mirqab-like"] = {**rule, "uid": "mirqab-like", "title": "Like ours", "provenance": ""}
    state.points["theirs"] = {"uid": "theirs", "name": "Theirs", "type": "email", "settings": {}, "provenance": ""}
    old, like = (version(uid) for uid in ("mirqab-old", "mirqab-like"))
    state.dashboards |= {
        "mirqab-old": [{**old, "message": "mirqab 0.0.1 abc"}],
        "mirqab-like": [like],
        "x": [version("x")],
    }
    steps = pushed(api, changed(slack_url="", maintenance=[]))
    deleted = {(step.kind, step.name) for step in steps if step.action == "delete"}
    assert deleted == {
        ("dashboard", "mirqab-old"),
        ("alert rule", "Old"),
        ("contact point", "Mirqab (slack)"),
        ("mute timing", "Mirqab maintenance"),
    }
    assert {"theirs", "mirqab-like"} <= set(state.rules)
    assert {"mirqab-like", "x"} <= set(state.dashboards)
    assert "theirs" in state.points


def test_what_comes_from_files_is_kept_even_by_force(api: Api, there: tuple[str, Stub]) -> None:
    state = there[1].state
    pushed(api)
    state.provisioned.add("mirqab-soc")
    state.rules["mirqab-page-open"]["provenance"] = "file"
    state.datasources[DATASOURCE]["readOnly"] = True
    steps = pushed(api, MOVED, force=True)
    assert {step.kind for step in steps if step.action == "kept"} == {"dashboard", "alert rule", "data source"}


def test_a_rule_made_by_hand_under_our_name_is_kept(api: Api, there: tuple[str, Stub]) -> None:
    pushed(api)
    there[1].state.rules["mirqab-page-open"]["provenance"] = ""
    steps = plan(api, bundle(MOVED))
    assert [step.name for step in steps if step.action == "kept"] == ["Mirqab: a page is open"]
    pushed(api, MOVED, force=True)
    assert there[1].state.rules["mirqab-page-open"]["provenance"] == "api"


def test_a_contact_point_of_ones_own_is_named_and_none_made(api: Api, there: tuple[str, Stub]) -> None:
    state = there[1].state
    state.points["x"] = {"uid": "x", "name": "Our SOC", "type": "email", "settings": {}, "provenance": ""}
    pushed(api, changed(receiver="Our SOC"))
    assert set(state.points) == {"x"}
    assert {rule["notification_settings"]["receiver"] for rule in state.rules.values()} == {"Our SOC"}


def test_without_receivers_grafanas_policies_route(api: Api, there: tuple[str, Stub]) -> None:
    none = changed(email=[], slack_url="", pagerduty_key="", maintenance=[])
    pushed(api)
    pushed(api, none)
    assert [rule for rule in there[1].state.rules.values() if rule.get("notification_settings")] == []
    assert there[1].state.points == {}
    assert actions(pushed(api, none)).keys() == {"same"}


def test_a_data_source_of_ones_own_is_used_and_none_made(api: Api, there: tuple[str, Stub]) -> None:
    state = there[1].state
    pushed(api, changed(datasource="theirs"))
    assert state.datasources == {}
    assert state.rules["mirqab-page-open"]["data"][0]["datasourceUid"] == "theirs"
    assert state.dashboards["mirqab-soc"][-1]["dashboard"]["panels"][0]["datasource"]["uid"] == "theirs"


def test_a_password_that_was_lost_is_sent_again(api: Api, there: tuple[str, Stub]) -> None:
    state = there[1].state
    pushed(api)
    state.datasources[DATASOURCE]["secureJsonData"] = {}
    assert [(s.kind, s.reason) for s in pushed(api) if s.action == "update"] == [("data source", "its password")]
    assert state.datasources[DATASOURCE]["secureJsonData"] == {"password": "secret"}


def test_a_token_that_may_not_is_told_so(api: Api, there: tuple[str, Stub]) -> None:
    there[1].state.role = "Editor"
    with pytest.raises(GrafanaRefused, match=r"cannot create the data source.*role Admin"):
        pushed(api)


@pytest.mark.parametrize("library", [new_library, old_library], ids=["grafana-client", "grafana-api"])
def test_a_wrong_token_is_told_so(library: Callable[..., Any], there: tuple[str, Stub]) -> None:
    made = library(there[0], "wrong")
    with pytest.raises(GrafanaRefused, match="does not know the token"):
        pushed(Api(made))
    (made.client if hasattr(made, "client") else made.api).s.close()


@pytest.mark.parametrize("library", [new_library, old_library], ids=["grafana-client", "grafana-api"])
def test_a_grafana_that_is_away_is_worth_another_try(library: Callable[..., Any]) -> None:
    made = library(f"http://127.0.0.1:{free_ports(1)[0]}")
    with pytest.raises(GrafanaUnavailable, match="did not answer"):
        pushed(Api(made))
    (made.client if hasattr(made, "client") else made.api).s.close()


def test_what_counts_as_the_same() -> None:
    assert covers({"a": [1, {"b": None}]}, {"a": [1, {"c": 2}], "d": 3})
    assert covers({"key": "secret"}, {"key": "[REDACTED]"})
    assert not covers({"a": [1]}, {"a": [1, 2]})
    assert not covers({"a": None}, {"a": {"b": 1}})
    assert not covers({"a": {"b": 1}}, {"a": None})


def version(uid: str) -> dict[str, Any]:
    """A dashboard with our tag that somebody saved."""
    return {
        "dashboard": {"uid": uid, "title": uid, "tags": ["mirqab"], "version": 1},
        "folderUid": FOLDER,
        "message": "",
    }
