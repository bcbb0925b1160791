"""Everything as files: what Grafana reads from its provisioning folder, for those who keep their Grafana as code.

No network. A secret is never written: its place is taken by `${MIRQAB_…}`, which Grafana replaces from its own
environment; every other `$` is doubled there, as Grafana wants it. Dashboards are JSON, which is taken as it is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from dashboards.grafana.alerting import EVERY_S, GROUP
from dashboards.grafana.bundle import FOLDER, Bundle, bundle
from dashboards.grafana.panels import Json
from schemas.errors import UsageError
from schemas.settings import Settings

SEEN_AT = "/etc/grafana/mirqab/dashboards"


class Variable(str):
    """A text whose `$` is meant: Grafana replaces it when it reads the file."""


def placeholder(name: str, value: str) -> str:
    """What is written in place of a secret setting: its own variable; in place of a file: Grafana's way to read one."""
    if name.endswith("_file"):
        return Variable(f"$__file{{{value}}}")
    return Variable(f"${{MIRQAB_{name.replace('.', '_').upper()}}}")


def files(settings: Settings, seen_at: str = SEEN_AT) -> dict[str, str]:
    """Relative path -> text. `seen_at` is where Grafana will find the folder `dashboards`. Raises SettingError."""
    made = bundle(settings, placeholder)
    found = {f"dashboards/{board['uid']}.json": _json(board) for board in made.dashboards}
    found["provisioning/dashboards/mirqab.yaml"] = _yaml(_provider(made, seen_at))
    if made.datasource:
        # Only Grafana has to know the password; the file names its variable all the same.
        hidden = {"password": placeholder("grafana.store_password", ""), **made.datasource["secureJsonData"]}
        listed = [{**made.datasource, "secureJsonData": hidden}]
        found["provisioning/datasources/mirqab.yaml"] = _yaml({"apiVersion": 1, "datasources": listed})
    found["provisioning/alerting/rules.yaml"] = _yaml(_rules(made))
    if made.contact_points:
        found["provisioning/alerting/contact-points.yaml"] = _yaml(_contact_points(made))
    if made.mute_timings:
        timings = [{"orgId": 1, **timing} for timing in made.mute_timings]
        found["provisioning/alerting/mute-timings.yaml"] = _yaml({"apiVersion": 1, "muteTimes": timings})
    return found


def write(folder: Path, texts: dict[str, str]) -> list[str]:
    """Write the files under `folder`, and delete dashboards of ours there that are none any more.

    Returns the paths that changed. Raises UsageError where nothing can be written.
    """
    changed = []
    try:
        for name, text in texts.items():
            path = folder / name
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                changed.append(name)
        for old in (folder / "dashboards").glob("mirqab-*.json"):
            if f"dashboards/{old.name}" not in texts:
                old.unlink()
                changed.append(f"dashboards/{old.name}")
    except OSError as e:
        raise UsageError(f"cannot write to {folder}: {e.strerror}") from e
    return changed


def _provider(made: Bundle, seen_at: str) -> Json:
    provider: Json = {
        "name": "mirqab",
        "orgId": 1,
        "folder": made.folder["title"],
        "folderUid": FOLDER,
        "type": "file",
        "disableDeletion": False,
        "allowUiUpdates": False,
        "updateIntervalSeconds": 30,
        "options": {"path": seen_at, "foldersFromFilesStructure": False},
    }
    return {"apiVersion": 1, "providers": [provider]}


def _rules(made: Bundle) -> Json:
    listed = [{key: value for key, value in rule.items() if key not in ("orgID", "folderUID", "ruleGroup")}
              for rule in made.rules]  # fmt: skip
    group = {"orgId": 1, "name": GROUP, "folder": made.folder["title"], "interval": f"{EVERY_S}s", "rules": listed}
    return {"apiVersion": 1, "groups": [group]}


def _contact_points(made: Bundle) -> Json:
    points = [{key: value for key, value in point.items() if key != "name"} for point in made.contact_points]
    return {
        "apiVersion": 1,
        "contactPoints": [{"orgId": 1, "name": made.contact_points[0]["name"], "receivers": points}],
    }


def _json(value: Json) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _yaml(value: Json) -> str:
    return yaml.safe_dump(_escaped(value), sort_keys=False, allow_unicode=True, width=120)


def _escaped(value: Any) -> Any:
    if isinstance(value, Variable):
        return str(value)
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, dict):
        return {key: _escaped(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_escaped(each) for each in value]
    return value
