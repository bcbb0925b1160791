"""A stand-in for Grafana's HTTP API: a real server that keeps state and refuses what Grafana refuses.

No Grafana server can be had here. Written after Grafana 13's documentation and source, as far as our push goes:
folders, dashboards with their versions, search, data sources by uid, and the provisioning API of alerting. It answers
401 without the token, 404 for what is not there, 412 for a wrong version, 400 for what a provisioning file owns or a
rule gets wrong, 409 for what a rule still names; it hides secrets, and adds defaults to what it is sent.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Json = dict[str, Any]
TOKEN = "token-of-a-service-account"
UID = re.compile(r"[A-Za-z0-9_-]{1,40}")
DURATION = re.compile(r"(\d+(ms|[smhdwy]))+")
SECRETS = {"slack": "url", "pagerduty": "integrationKey"}


class No(Exception):
    """An answer that refuses."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class State:
    """What this Grafana holds. Tests may look at it and change it, as people and provisioning files do."""

    folders: dict[str, Json] = field(default_factory=dict)
    dashboards: dict[str, list[Json]] = field(default_factory=dict)  # uid -> versions, oldest first
    provisioned: set[str] = field(default_factory=set)  # uids of dashboards from files
    datasources: dict[str, Json] = field(default_factory=dict)
    rules: dict[str, Json] = field(default_factory=dict)
    points: dict[str, Json] = field(default_factory=dict)
    timings: dict[str, Json] = field(default_factory=dict)
    role: str = "Admin"
    writes: list[str] = field(default_factory=list)
    plugin: bool = True


class Stub:
    """The routes. One method per thing that can be asked."""

    def __init__(self) -> None:
        self.state = State()
        self.routes: list[tuple[str, str, Callable[..., Any]]] = [
            ("GET", r"/api/folders/([^/]+)", self.folder),
            ("POST", r"/api/folders", self.make_folder),
            ("DELETE", r"/api/folders/([^/]+)", self.delete_folder),
            ("GET", r"/api/search", self.search),
            ("GET", r"/api/dashboards/uid/([^/]+)", self.dashboard),
            ("DELETE", r"/api/dashboards/uid/([^/]+)", self.delete_dashboard),
            ("GET", r"/api/dashboards/uid/([^/]+)/versions", self.versions),
            ("POST", r"/api/dashboards/db", self.save_dashboard),
            ("GET", r"/api/datasources/uid/([^/]+)", self.datasource),
            ("GET", r"/api/datasources/uid/([^/]+)/health", self.health),
            ("POST", r"/api/datasources", self.make_datasource),
            ("PUT", r"/api/datasources/uid/([^/]+)", self.change_datasource),
            ("DELETE", r"/api/datasources/uid/([^/]+)", self.delete_datasource),
            ("GET", r"/api/v1/provisioning/alert-rules", lambda: list(self.state.rules.values())),
            ("POST", r"/api/v1/provisioning/alert-rules", self.make_rule),
            ("PUT", r"/api/v1/provisioning/alert-rules/([^/]+)", self.change_rule),
            ("DELETE", r"/api/v1/provisioning/alert-rules/([^/]+)", self.delete_rule),
            ("GET", r"/api/v1/provisioning/contact-points", self.list_points),
            ("POST", r"/api/v1/provisioning/contact-points", self.make_point),
            ("PUT", r"/api/v1/provisioning/contact-points/([^/]+)", self.change_point),
            ("DELETE", r"/api/v1/provisioning/contact-points/([^/]+)", self.delete_point),
            ("GET", r"/api/v1/provisioning/mute-timings", lambda: list(self.state.timings.values())),
            ("POST", r"/api/v1/provisioning/mute-timings", self.make_timing),
            ("PUT", r"/api/v1/provisioning/mute-timings/([^/]+)", self.change_timing),
            ("DELETE", r"/api/v1/provisioning/mute-timings/([^/]+)", self.delete_timing),
        ]

    def answer(self, method: str, path: str, query: Json, body: Json | None, token: str) -> tuple[int, Any]:
        """Status and body of one request."""
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Invalid API key"}
        for verb, pattern, call in self.routes:
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                if method != "GET":
                    self.state.writes.append(f"{method} {path}")
                try:
                    given = [unquote(part) for part in found.groups()]
                    said = call(
                        *given, *([query] if call in (self.search,) else []), *([body] if body is not None else [])
                    )
                except No as e:
                    return e.status, {"message": str(e)}
                return (204, None) if said is None else (200, said)
        return 404, {"message": "Not found"}

    # Folders and dashboards.

    def folder(self, uid: str) -> Json:
        return dict(_there(self.state.folders, uid, "folder not found"))

    def make_folder(self, body: Json) -> Json:
        uid = body["uid"]
        if not UID.fullmatch(uid):
            raise No(400, "uid contains illegal characters or is too long")
        if uid in self.state.folders:
            raise No(412, "a folder with that uid already exists")
        self.state.folders[uid] = {"uid": uid, "title": body["title"], "version": 1}
        return self.state.folders[uid]

    def delete_folder(self, uid: str) -> Json:
        _there(self.state.folders, uid, "folder not found")
        if any(rule["folderUID"] == uid for rule in self.state.rules.values()):
            raise No(400, "folder cannot be deleted: folder contains alert rules")
        del self.state.folders[uid]
        return {"message": "Folder deleted"}

    def search(self, query: Json) -> list[Json]:
        wanted = query.get("tag", [""])[0]
        newest = {uid: versions[-1] for uid, versions in self.state.dashboards.items()}
        return [
            {"uid": uid, "title": each["dashboard"]["title"], "type": "dash-db"}
            for uid, each in newest.items()
            if wanted in each["dashboard"].get("tags", [])
        ]

    def dashboard(self, uid: str) -> Json:
        newest = _there(self.state.dashboards, uid, "Dashboard not found")[-1]
        meta = {"folderUid": newest["folderUid"], "provisioned": uid in self.state.provisioned}
        # What Grafana keeps is not what it was sent: it fills in defaults.
        kept = {"id": 7, "weekStart": "", "fiscalYearStartMonth": 0, **newest["dashboard"]}
        return {"dashboard": kept, "meta": meta}

    def versions(self, uid: str) -> Json:
        listed = _there(self.state.dashboards, uid, "Dashboard not found")
        return {"versions": [{"version": i + 1, "message": v["message"]} for i, v in enumerate(listed)][::-1]}

    def save_dashboard(self, body: Json) -> Json:
        board, uid = body["dashboard"], body["dashboard"]["uid"]
        if not UID.fullmatch(uid):
            raise No(400, "uid contains illegal characters or is too long")
        if body.get("folderUid") not in self.state.folders:
            raise No(400, "folder not found")
        if uid in self.state.provisioned:
            raise No(400, "Cannot save provisioned dashboard")
        versions = self.state.dashboards.setdefault(uid, [])
        if versions and not body.get("overwrite") and board.get("version") != len(versions):
            raise No(412, "The dashboard has been changed by someone else")
        kept = {**board, "version": len(versions) + 1}
        versions.append({"dashboard": kept, "folderUid": body["folderUid"], "message": body.get("message", "")})
        return {"uid": uid, "status": "success", "version": len(versions)}

    def delete_dashboard(self, uid: str) -> Json:
        _there(self.state.dashboards, uid, "Dashboard not found")
        if uid in self.state.provisioned:
            raise No(400, "provisioned dashboard cannot be deleted")
        del self.state.dashboards[uid]
        return {"message": "Dashboard deleted"}

    # Data sources.

    def datasource(self, uid: str) -> Json:
        kept = _there(self.state.datasources, uid, "Data source not found")
        shown = {key: value for key, value in kept.items() if key != "secureJsonData"}
        return {"id": 3, **shown, "secureJsonFields": dict.fromkeys(kept.get("secureJsonData", {}), True)}

    def health(self, uid: str) -> Json:
        _there(self.state.datasources, uid, "Data source not found")
        if not self.state.plugin:
            raise No(400, "plugin not found")
        return {"status": "OK", "message": "Data source is working"}

    def make_datasource(self, body: Json) -> Json:
        self._admin("datasources:create")
        if any(each["name"] == body["name"] for each in self.state.datasources.values()):
            raise No(409, "data source with the same name already exists")
        self.state.datasources[body["uid"]] = {**body, "version": 1, "readOnly": False}
        return {"message": "Datasource added"}

    def change_datasource(self, uid: str, body: Json) -> Json:
        self._admin("datasources:write")
        kept = _there(self.state.datasources, uid, "Data source not found")
        if kept["readOnly"]:
            raise No(403, "Cannot update read-only data source")
        if body.get("version") not in (None, kept["version"]):
            raise No(409, "Datasource has already been updated by someone else")
        hidden = {**kept.get("secureJsonData", {}), **body.get("secureJsonData", {})}
        self.state.datasources[uid] = {**kept, **body, "secureJsonData": hidden, "version": kept["version"] + 1}
        return {"message": "Datasource updated"}

    def delete_datasource(self, uid: str) -> Json:
        self._admin("datasources:delete")
        _there(self.state.datasources, uid, "Data source not found")
        del self.state.datasources[uid]
        return {"message": "Data source deleted"}

    def _admin(self, permission: str) -> None:
        if self.state.role != "Admin":
            raise No(
                403, f"You'll need additional permissions to perform this action. Permissions needed: {permission}"
            )

    # Alerting.

    def make_rule(self, body: Json) -> Json:
        if body["uid"] in self.state.rules:
            raise No(409, "rule with this uid already exists")
        return self._keep_rule(body)

    def change_rule(self, uid: str, body: Json) -> Json:
        _editable(_there(self.state.rules, uid, "rule not found"))
        return self._keep_rule(body)

    def _keep_rule(self, body: Json) -> Json:
        if body["folderUID"] not in self.state.folders:
            raise No(400, "folder does not exist")
        if not UID.fullmatch(body["uid"]):
            raise No(400, "uid is longer than 40 symbols or contains others than letters, digits, _ and -")
        refs = [step["refId"] for step in body["data"]]
        if body["condition"] not in refs or len(set(refs)) < len(refs):
            raise No(400, "condition is not one of the queries")
        if not DURATION.fullmatch(body["for"]):
            raise No(400, "for is no duration")
        dashboard = {"__dashboardUid__", "__panelId__"} & set(body["annotations"])
        if len(dashboard) == 1:
            raise No(400, "both annotations __dashboardUid__ and __panelId__ must be specified")
        for step in body["data"]:
            if step["datasourceUid"] != "__expr__" and step["relativeTimeRange"]["from"] <= 0:
                raise No(400, "relative time range of a query must not be empty")
        titles = {rule["title"] for uid, rule in self.state.rules.items() if uid != body["uid"]}
        if body["title"] in titles:
            raise No(409, "a rule with this title is already in the folder")
        settings = body.get("notification_settings")
        if settings:
            if settings["receiver"] not in {point["name"] for point in self.state.points.values()}:
                raise No(400, f"receiver {settings['receiver']} does not exist")
            if not {"alertname", "grafana_folder"} <= set(settings["group_by"]):
                raise No(400, "group_by must hold alertname and grafana_folder")
            if not set(settings.get("mute_time_intervals", [])) <= set(self.state.timings):
                raise No(400, "mute timing does not exist")
        defaults = {
            "id": 1,
            "isPaused": False,
            "keep_firing_for": "0s",
            "updated": "2026-11-26T00:00:00Z",
            "record": None,
        }
        steps = [
            {**step, "model": {"intervalMs": 1000, "maxDataPoints": 43200, **step["model"]}} for step in body["data"]
        ]
        self.state.rules[body["uid"]] = {**defaults, **body, "data": steps, "provenance": "api"}
        return self.state.rules[body["uid"]]

    def delete_rule(self, uid: str) -> None:
        # Grafana answers 204 for a rule that is not there, too.
        if uid in self.state.rules:
            _editable(self.state.rules[uid])
            del self.state.rules[uid]

    def list_points(self) -> list[Json]:
        return [_hidden(point) for point in self.state.points.values()]

    def make_point(self, body: Json) -> Json:
        if body["uid"] in self.state.points:
            raise No(400, "contact point with this uid already exists")
        self.state.points[body["uid"]] = {**body, "provenance": "api"}
        return _hidden(body)

    def change_point(self, uid: str, body: Json) -> Json:
        _editable(_there(self.state.points, uid, "contact point not found"))
        self.state.points[uid] = {**body, "provenance": "api"}
        return {"message": "contactpoint updated"}

    def delete_point(self, uid: str) -> Json:
        point = _there(self.state.points, uid, "contact point not found")
        _editable(point)
        others = [each for key, each in self.state.points.items() if key != uid and each["name"] == point["name"]]
        used = any(
            (rule.get("notification_settings") or {}).get("receiver") == point["name"]
            for rule in self.state.rules.values()
        )
        if used and not others:
            raise No(409, "contact point is currently used by an alert rule")
        del self.state.points[uid]
        return {"message": "contactpoint deleted"}

    def make_timing(self, body: Json) -> Json:
        if body["name"] in self.state.timings:
            raise No(409, "a mute timing with this name already exists")
        return self._keep_timing(body)

    def change_timing(self, name: str, body: Json) -> Json:
        _editable(_there(self.state.timings, name, "mute timing not found"))
        return self._keep_timing(body)

    def _keep_timing(self, body: Json) -> Json:
        for interval in body["time_intervals"]:
            if any(each["start_time"] >= each["end_time"] for each in interval.get("times", [])):
                raise No(400, "start time must be before end time")
        self.state.timings[body["name"]] = {**body, "provenance": "api"}
        return self.state.timings[body["name"]]

    def delete_timing(self, name: str) -> None:
        if name in self.state.timings:
            _editable(self.state.timings[name])
            for rule in self.state.rules.values():
                if name in (rule.get("notification_settings") or {}).get("mute_time_intervals", []):
                    raise No(409, "time interval is used by an alert rule")
            del self.state.timings[name]


def _there(things: dict[str, Any], uid: str, message: str) -> Any:
    if uid not in things:
        raise No(404, message)
    return things[uid]


def _editable(thing: Json) -> None:
    """What was made by hand may become the API's; what a file made stays the file's."""
    if thing.get("provenance", "") not in ("", "api"):
        raise No(409, f"cannot change with provenance 'api': it has the provenance '{thing['provenance']}'")


def _hidden(point: Json) -> Json:
    """As Grafana shows it: without secrets."""
    secret = SECRETS.get(point["type"], "")
    settings = {key: "[REDACTED]" if key == secret else value for key, value in point["settings"].items()}
    return {**point, "settings": settings}


@contextmanager
def grafana() -> Iterator[tuple[str, Stub]]:
    """The address of a running stand-in, and what it holds."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            token = self.headers.get("Authorization", "")
            status, said = stub.answer(self.command, url.path, parse_qs(url.query), body, token)
            text = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
