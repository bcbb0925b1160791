"""What a push would do: everything wanted beside what Grafana has, as steps in an order that always works.

A thing is ours if its uid begins with `mirqab-` (a mute timing: its name) *and* we were the last to write it: a
dashboard's last version carries our message with the hash of what was sent; rules, contact points and mute timings have
the provenance `api`, which nobody can edit by hand. Anything else is kept, unless `force` is given; what comes from
provisioning files is kept even then, for Grafana would refuse. Policies are never read nor written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from dashboards.grafana.board import TAG
from dashboards.grafana.bundle import DATASOURCE, FOLDER, PREFIX, Bundle
from dashboards.grafana.client import ALERTING, Api
from dashboards.grafana.panels import Json
from dashboards.grafana.receivers import MUTED
from dashboards.grafana.steps import Action, Step, covers, differing
from schemas.errors import SettingError

OURS = "api"
EDITED = "edited by hand since it was pushed; --force overwrites it"
FROM_FILE = "comes from a provisioning file of Grafana; change it there"


def plan(api: Api, made: Bundle, *, force: bool = False) -> list[Step]:
    """Every step, those that change nothing too. Asks Grafana and changes nothing. Raises what `Api` raises."""
    rules: list[Json] = api.get(f"{ALERTING}/alert-rules") or []
    points: list[Json] = api.get(f"{ALERTING}/contact-points") or []
    timings: list[Json] = api.get(f"{ALERTING}/mute-timings") or []
    found = [_folder(api, made)]
    if made.datasource:
        found.append(_datasource(api, made.datasource, force))
    found += _provisioned(api, "contact point", "contact-points", "uid", made.contact_points, points, force)
    found += _provisioned(api, "mute timing", "mute-timings", "name", made.mute_timings, timings, force)
    found += _dashboards(api, made, force)
    found += _provisioned(api, "alert rule", "alert-rules", "uid", made.rules, rules, force)
    # Rules first: what a rule names cannot be deleted.
    found += _gone(api, "alert rule", "alert-rules", "uid", made.rules, rules)
    found += _gone(api, "mute timing", "mute-timings", "name", made.mute_timings, timings)
    found += _gone(api, "contact point", "contact-points", "uid", made.contact_points, points)
    return found


def message(board: Json) -> str:
    """What we say when we save a dashboard: our version, and a hash by which we know it again."""
    digest = blake2b(json.dumps(board, sort_keys=True).encode(), digest_size=8).hexdigest()
    return f"mirqab {version('mirqab')} {digest}"


def _folder(api: Api, made: Bundle) -> Step:
    # One that is there keeps its title: people rename folders.
    if api.folder(FOLDER):
        return Step("folder", made.folder["title"], "same")
    return Step("folder", made.folder["title"], "create", run=lambda: api.make_folder(made.folder))


def _datasource(api: Api, wanted: Json, force: bool) -> Step:
    name = wanted["name"]
    there = api.get(f"/datasources/uid/{DATASOURCE}")
    if there is None:
        return Step("data source", name, "create", run=lambda: api.post("/datasources", _secrets_read(wanted)))
    if there.get("readOnly"):
        return Step("data source", name, "kept", FROM_FILE)
    visible = {key: value for key, value in wanted.items() if key != "secureJsonData"}
    hidden = set(wanted["secureJsonData"]) - {key for key, on in (there.get("secureJsonFields") or {}).items() if on}
    if covers(visible, there) and not hidden and not force:
        return Step("data source", name, "same", "a changed password is sent with --force")
    why = differing(visible, there) or ("its password" if hidden else "--force")
    body = {**_secrets_read(wanted), "version": there.get("version")}
    return Step("data source", name, "update", why, lambda: api.put(f"/datasources/uid/{DATASOURCE}", body))


def _secrets_read(wanted: Json) -> Json:
    """With the text of the authority's certificate in place of its file's name."""
    hidden = dict(wanted["secureJsonData"])
    if "tlsCACert" in hidden:
        try:
            hidden["tlsCACert"] = Path(hidden["tlsCACert"]).read_text(encoding="utf-8")
        except OSError as e:
            raise SettingError(f"store.ca_file: cannot read {hidden['tlsCACert']}: {e.strerror}") from e
    return {**wanted, "secureJsonData": hidden}


def _dashboards(api: Api, made: Bundle, force: bool) -> Iterator[Step]:
    for board in made.dashboards:
        yield _dashboard(api, board, force)
    wanted = {board["uid"] for board in made.dashboards}
    for hit in api.get(f"/search?type=dash-db&tag={TAG}&limit=1000") or []:
        uid = str(hit["uid"])
        if uid.startswith(PREFIX) and uid not in wanted:
            there = api.dashboard(uid) or {"meta": {}}
            mine = api.last_message(uid).startswith("mirqab ")
            if there["meta"].get("provisioned"):
                yield Step("dashboard", hit["title"], "kept", FROM_FILE)
            elif mine or force:
                yield Step("dashboard", hit["title"], "delete", "no longer made", partial(api.delete_dashboard, uid))
            else:
                yield Step("dashboard", hit["title"], "kept", "no longer made, and edited by hand; --force deletes it")


def _dashboard(api: Api, board: Json, force: bool) -> Step:
    there, said = api.dashboard(board["uid"]), message(board)
    payload: Json = {"dashboard": board, "folderUid": FOLDER, "message": said, "overwrite": False}
    if there is None:
        return Step("dashboard", board["title"], "create", run=lambda: api.save_dashboard(payload))
    if there["meta"].get("provisioned"):
        return Step("dashboard", board["title"], "kept", FROM_FILE)
    last = api.last_message(board["uid"])
    if last == said:
        return Step("dashboard", board["title"], "same")
    if not last.startswith("mirqab ") and not force:
        return Step("dashboard", board["title"], "kept", EDITED)
    # Its version, so that an edit made meanwhile is refused (412); its folder, for people move dashboards.
    newer = {**payload, "dashboard": {**board, "version": there["dashboard"].get("version")}}
    newer["folderUid"] = there["meta"].get("folderUid") or FOLDER
    return Step("dashboard", board["title"], "update", run=lambda: api.save_dashboard(newer))


def _provisioned(
    api: Api, kind: str, path: str, key: str, wanted: tuple[Json, ...], found: list[Json], force: bool
) -> Iterator[Step]:
    known = {each.get(key): each for each in found}
    for each in wanted:
        name, there = _named(each), known.get(each[key])
        where = f"{ALERTING}/{path}/{quote(each[key], safe='')}"
        if there is None:
            yield Step(kind, name, "create", run=partial(api.post, f"{ALERTING}/{path}", each))
        elif (there.get("provenance") or "") == "file":
            yield Step(kind, name, "kept", FROM_FILE)
        elif (there.get("provenance") or "") != OURS and not force:
            yield Step(kind, name, "kept", "made by hand under our name; --force overwrites it")
        elif covers(_whole(each), there) and not (force and path == "contact-points"):
            yield Step(kind, name, "same")
        else:
            why = differing(_whole(each), there) or "--force"
            yield Step(kind, name, "update", why, partial(api.put, where, each))


def _whole(wanted: Json) -> Json:
    """With what a rule does without said as well, so that it is noticed where it is no longer wanted."""
    return {"notification_settings": None, **wanted} if "condition" in wanted else wanted


def _gone(api: Api, kind: str, path: str, key: str, wanted: tuple[Json, ...], found: list[Json]) -> Iterator[Step]:
    names = {each[key] for each in wanted}
    for there in found:
        ours = str(there.get(key) or "").startswith(PREFIX) if key == "uid" else there.get(key) == MUTED
        if ours and there[key] not in names and (there.get("provenance") or "") == OURS:
            action: Action = "delete"
            where = f"{ALERTING}/{path}/{quote(there[key], safe='')}"
            yield Step(kind, _named(there), action, "no longer made", partial(api.delete, where))


def _named(thing: Json) -> str:
    if "title" in thing:
        return str(thing["title"])
    return f"{thing['name']} ({thing['type']})" if "type" in thing else str(thing["name"])
