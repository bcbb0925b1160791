"""What the stand-in for Grafana does with folders, dashboards with their versions, and data sources."""

from __future__ import annotations

from tests.support.grafana_state import UID, Json, No, State, there


class Boards:
    """One method per thing that can be asked."""

    state: State

    def folder(self, uid: str) -> Json:
        return dict(there(self.state.folders, uid, "folder not found"))

    def make_folder(self, body: Json) -> Json:
        uid = body["uid"]
        if not UID.fullmatch(uid):
            raise No(400, "uid contains illegal characters or is too long")
        if uid in self.state.folders:
            raise No(412, "a folder with that uid already exists")
        self.state.folders[uid] = {"uid": uid, "title": body["title"], "version": 1}
        return self.state.folders[uid]

    def delete_folder(self, uid: str) -> Json:
        there(self.state.folders, uid, "folder not found")
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
        newest = there(self.state.dashboards, uid, "Dashboard not found")[-1]
        meta = {"folderUid": newest["folderUid"], "provisioned": uid in self.state.provisioned}
        # What Grafana keeps is not what it was sent: it fills in defaults.
        kept = {"id": 7, "weekStart": "", "fiscalYearStartMonth": 0, **newest["dashboard"]}
        return {"dashboard": kept, "meta": meta}

    def versions(self, uid: str) -> Json:
        listed = there(self.state.dashboards, uid, "Dashboard not found")
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
        there(self.state.dashboards, uid, "Dashboard not found")
        if uid in self.state.provisioned:
            raise No(400, "provisioned dashboard cannot be deleted")
        del self.state.dashboards[uid]
        return {"message": "Dashboard deleted"}

    def datasource(self, uid: str) -> Json:
        kept = there(self.state.datasources, uid, "Data source not found")
        shown = {key: value for key, value in kept.items() if key != "secureJsonData"}
        return {"id": 3, **shown, "secureJsonFields": dict.fromkeys(kept.get("secureJsonData", {}), True)}

    def health(self, uid: str) -> Json:
        there(self.state.datasources, uid, "Data source not found")
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
        kept = there(self.state.datasources, uid, "Data source not found")
        if kept["readOnly"]:
            raise No(403, "Cannot update read-only data source")
        if body.get("version") not in (None, kept["version"]):
            raise No(409, "Datasource has already been updated by someone else")
        hidden = {**kept.get("secureJsonData", {}), **body.get("secureJsonData", {})}
        self.state.datasources[uid] = {**kept, **body, "secureJsonData": hidden, "version": kept["version"] + 1}
        return {"message": "Datasource updated"}

    def delete_datasource(self, uid: str) -> Json:
        self._admin("datasources:delete")
        there(self.state.datasources, uid, "Data source not found")
        del self.state.datasources[uid]
        return {"message": "Data source deleted"}

    def _admin(self, permission: str) -> None:
        if self.state.role != "Admin":
            raise No(
                403, f"You'll need additional permissions to perform this action. Permissions needed: {permission}"
            )


def edit(versions: list[Json]) -> None:
    """As somebody does in Grafana's own editor."""
    last = versions[-1]["dashboard"]
    kept = {**last, "title": "Mine now", "version": last["version"] + 1}
    versions.append({**versions[-1], "dashboard": kept, "message": ""})
