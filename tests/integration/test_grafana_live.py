"""Everything is made, the second push changes nothing, and it is all deleted: on a real Grafana, if one is named.

It wants a Grafana of its own: one in which Mirqab's folder is there already is left alone. The same runs against the
stand-in, so that it is known to work when somebody has a Grafana.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from dashboards.grafana.bundle import DATASOURCE, FOLDER, Bundle, bundle
from dashboards.grafana.client import Api, connect
from dashboards.grafana.command import push
from dashboards.grafana.plan import plan
from schemas.settings import Grafana, Settings, Store
from tests.support.grafana import TOKEN as STAND_IN_TOKEN
from tests.support.grafana import grafana
from tests.support.needs import need

URL, TOKEN = os.environ.get("MIRQAB_TEST_GRAFANA_URL", ""), os.environ.get("MIRQAB_TEST_GRAFANA_TOKEN", "")
SETTINGS = Settings(
    store=Store(url="http://127.0.0.1:8123"),
    grafana=Grafana(
        store_password="secret",
        webhook="https://127.0.0.1:1/never",
        maintenance=["friday 22:00-23:30"],
        timezone="Asia/Qatar",
    ),
)


@pytest.fixture(params=["stand-in", "live"])
def address(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    if request.param == "live":
        need(URL and TOKEN, "a real Grafana", "name one in MIRQAB_TEST_GRAFANA_URL and MIRQAB_TEST_GRAFANA_TOKEN")
        yield URL, TOKEN
    else:
        with grafana() as (url, _):
            yield url, STAND_IN_TOKEN


@pytest.fixture
def api(address: tuple[str, str]) -> Iterator[Api]:
    found = connect(replace(SETTINGS.grafana, url=address[0], token=address[1]))
    need(found.folder(FOLDER) is None, "a Grafana without Mirqab", f"name one that has no folder {FOLDER}")
    yield found
    made = bundle(SETTINGS)
    nothing = Bundle(made.folder, None, (), (), (), ())
    push([step for step in plan(found, nothing) if step.action == "delete"])
    found.delete(f"/datasources/uid/{DATASOURCE}")
    found.delete(f"/folders/{FOLDER}")


def test_push_twice_and_edit(api: Api) -> None:
    made = bundle(SETTINGS)
    push(plan(api, made))
    assert {(step.kind, step.name, step.reason) for step in plan(api, made) if step.action != "same"} == set()
    edited = {**made.dashboards[0], "title": "Mine now"}
    version = (api.dashboard(edited["uid"]) or {})["dashboard"]["version"]
    api.save_dashboard({"dashboard": {**edited, "version": version}, "folderUid": FOLDER, "message": "by hand"})
    newer = replace(made, dashboards=({**made.dashboards[0], "description": "new"}, *made.dashboards[1:]))
    assert [step.action for step in plan(api, newer) if step.action != "same"] == ["kept"]
    push(plan(api, newer, force=True))
    assert {step.action for step in plan(api, newer)} == {"same"}
