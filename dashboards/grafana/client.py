"""One door to Grafana's HTTP API: over `grafana_client.GrafanaApi`, or over a `grafana_api.GrafanaFace` handed in.

grafana-api ended in 2021; grafana-client continues it, by the same author and with the same layout of classes. What the
two share is called through their elements; alerting, which the older does not know, through their HTTP verbs. Only the
API that all versions from 11 to 13 have is used. Blocking; no retries: a push is run again instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from grafana_client.api import GrafanaApi

from dashboards.grafana.bundle import check_address
from dashboards.grafana.panels import Json
from schemas.errors import GrafanaRefused, GrafanaUnavailable, SettingError
from schemas.settings import Grafana

ALERTING = "/v1/provisioning"
TIMEOUT_S = 20


def connect(grafana: Grafana) -> Api:
    """Grafana at `grafana.url` with `grafana.token`; nothing is sent yet. Raises SettingError where one is missing."""
    if not grafana.url:
        raise SettingError("grafana.url is empty; set it (or MIRQAB_GRAFANA_URL) to the address of your Grafana")
    check_address("grafana.url", grafana.url)
    if not grafana.token:
        raise SettingError(
            "grafana.token is empty; make a service account with the role Admin in Grafana (Administration, Users and "
            "access, Service accounts), add a token to it, and give that as MIRQAB_GRAFANA_TOKEN or in a token_file"
        )
    url = urlsplit(grafana.url)
    prefix = url.path.strip("/")
    return Api(
        GrafanaApi(
            grafana.token,
            host=url.hostname,
            port=url.port,
            protocol=url.scheme,
            url_path_prefix=f"{prefix}/" if prefix else "",
            verify=grafana.ca_file or True,
            timeout=TIMEOUT_S,
            user_agent="mirqab",
        )
    )


class Api:
    """What the push needs of Grafana. Each call raises GrafanaUnavailable, or GrafanaRefused with what Grafana said."""

    def __init__(self, api: Any) -> None:
        """`api` is a GrafanaApi or a GrafanaFace."""
        self._api = api
        self._verbs = getattr(api, "client", None) or api.api

    def folder(self, uid: str) -> Json | None:
        """The folder, or None."""
        found: Json | None = self._found(lambda: self._api.folder.get_folder(uid))
        return found

    def make_folder(self, folder: Json) -> None:
        self._done(lambda: self._api.folder.create_folder(folder["title"], folder["uid"]))

    def dashboard(self, uid: str) -> Json | None:
        """`dashboard` and `meta`, or None."""
        found: Json | None = self._found(lambda: self._api.dashboard.get_dashboard(uid))
        return found

    def save_dashboard(self, payload: Json) -> None:
        self._done(lambda: self._api.dashboard.update_dashboard(payload))

    def delete_dashboard(self, uid: str) -> None:
        self._done(lambda: self._api.dashboard.delete_dashboard(uid))

    def last_message(self, uid: str) -> str:
        """What was said when the dashboard was last saved, by whoever saved it; empty where nothing was."""
        answer = self.get(f"/dashboards/uid/{quote(uid)}/versions?limit=10")
        # Since Grafana 11 a page of them in a dictionary, before that the list itself.
        versions = answer.get("versions", []) if isinstance(answer, dict) else answer
        newest = max(versions or [{}], key=lambda each: each.get("version", 0))
        return str(newest.get("message") or "")

    def get(self, path: str) -> Any:
        """What lies there; None where nothing does."""
        return self._found(lambda: self._verbs.GET(path))

    def post(self, path: str, body: Json) -> Any:
        return self._done(lambda: self._verbs.POST(path, json=body))

    def put(self, path: str, body: Json) -> Any:
        return self._done(lambda: self._verbs.PUT(path, json=body))

    def delete(self, path: str) -> Any:
        return self._done(lambda: self._verbs.DELETE(path))

    def _found(self, call: Callable[[], Any]) -> Any:
        try:
            return self._done(call)
        except GrafanaRefused as e:
            if e.status == 404:
                return None
            raise

    def _done(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except ValueError:
            return None  # an answer without a body, which both libraries try to read as JSON
        except OSError as e:
            raise GrafanaUnavailable(f"Grafana did not answer: {_first_line(e)}") from e
        except Exception as e:
            # The two libraries have errors of their own, alike in their attributes.
            status = getattr(e, "status_code", None)
            if status is None:
                raise
            if status == 0 or status >= 500:
                raise GrafanaUnavailable(f"Grafana did not answer: {_first_line(e)}") from e
            raise GrafanaRefused(_advice(status, _first_line(e)), status) from e


def _advice(status: int, said: str) -> str:
    if status == 401:
        return "Grafana does not know the token; is it of this Grafana, and has it expired? Make a new one if so"
    if status == 403:
        return f"Grafana does not let the token do this ({said}); its service account needs the role Admin"
    return f"Grafana refused: {said}"


def _first_line(error: Exception) -> str:
    return str(getattr(error, "message", None) or error).partition("\n")[0][:300]
