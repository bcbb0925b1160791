"""What the stand-in for Grafana does with alert rules, contact points and mute timings."""

from __future__ import annotations

import re

from tests.support.grafana_state import UID, Json, No, State, there

DURATION = re.compile(r"(\d+(ms|[smhdwy]))+")
SECRETS = {"slack": "url", "pagerduty": "integrationKey"}


class Alerting:
    """One method per thing that can be asked."""

    state: State

    def make_rule(self, body: Json) -> Json:
        if body["uid"] in self.state.rules:
            raise No(409, "rule with this uid already exists")
        return self._keep_rule(body)

    def change_rule(self, uid: str, body: Json) -> Json:
        _editable(there(self.state.rules, uid, "rule not found"))
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
        _editable(there(self.state.points, uid, "contact point not found"))
        self.state.points[uid] = {**body, "provenance": "api"}
        return {"message": "contactpoint updated"}

    def delete_point(self, uid: str) -> Json:
        point = there(self.state.points, uid, "contact point not found")
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
        _editable(there(self.state.timings, name, "mute timing not found"))
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


def _editable(thing: Json) -> None:
    """What was made by hand may become the API's; what a file made stays the file's."""
    if thing.get("provenance", "") not in ("", "api"):
        raise No(409, f"cannot change with provenance 'api': it has the provenance '{thing['provenance']}'")


def _hidden(point: Json) -> Json:
    """As Grafana shows it: without secrets."""
    secret = SECRETS.get(point["type"], "")
    settings = {key: "[REDACTED]" if key == secret else value for key, value in point["settings"].items()}
    return {**point, "settings": settings}
