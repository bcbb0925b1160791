"""Receivers against real servers: what they read is the page, whole and safe."""

from __future__ import annotations

import asyncio
import email
import email.policy
import hmac
import json
import os
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from kafka import KafkaConsumer

from schemas.pages import ACCEPTED, AGAIN, RESOLVE
from schemas.receivers import Receiver
from schemas.settings import Settings
from streams import notifiers
from streams.embedded import embedded_broker, free_port, make_topics
from tests.support.needs import need_alertmanager
from tests.support.receivers import START_NS, Told, http_server, page, smtp_server, syslog_server
from tests.support.tls import make_certificates

OVER = {"kind": RESOLVE, "number": 1, "resolved_ns": START_NS + 60_000_000_000}


async def tell(receiver: Receiver, *pages: Any, settings: Settings | None = None) -> None:
    notifier = notifiers.make(receiver, settings or Settings())
    for one in pages:
        answer = await notifier.send(one)
        assert answer.word == ACCEPTED, answer
    await notifier.close()


@contextmanager
def alertmanager(folder: Path, hook: str) -> Iterator[str]:
    """A real Alertmanager that hands on to a webhook."""
    config = folder / "alertmanager.yml"
    config.write_text(
        "route: {receiver: hook, group_by: [team], group_wait: 100ms, group_interval: 200ms, repeat_interval: 1h}\n"
        f"receivers: [{{name: hook, webhook_configs: [{{url: '{hook}', send_resolved: true}}]}}]\n"
    )
    port = free_port()
    options = ["--cluster.listen-address=", f"--web.listen-address=127.0.0.1:{port}", f"--storage.path={folder}"]
    with (folder / "alertmanager.log").open("wb") as log:
        child = subprocess.Popen([need_alertmanager(), f"--config.file={config}", *options], stdout=log, stderr=log)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            child.kill()
            child.wait()


def ask(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def until(done: Any, what: str, seconds: float = 20) -> Any:
    """What `done` says once it is true of something; errors of a server that is not up yet are waited out."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            found = done()
            if found:
                return found
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come")


async def test_a_real_alertmanager_takes_groups_and_resolves(tmp_path: Path) -> None:
    need_alertmanager()
    told = Told()
    with http_server(told) as hook, alertmanager(tmp_path, hook) as url:
        until(lambda: ask(f"{url}/api/v2/status"), "Alertmanager")
        receiver = Receiver("am", "alertmanager", {"url": url})
        await tell(receiver, page(), page(key="i-2", line="PAGE another"))
        held = until(lambda: ask(f"{url}/api/v2/alerts"), "the alerts")
        assert {a["labels"]["incident"] for a in held} == {"i-1f", "i-2"}
        (first,) = until(lambda: [m for m in told.json if len(m["alerts"]) == 2], "one message for the group")[:1]
        assert first["groupLabels"] == {"team": "fraud"}
        assert first["status"] == "firing"
        await tell(receiver, page(number=1, kind="update"))
        assert len(ask(f"{url}/api/v2/alerts")) == 2, "the same incident is the same alert"
        await tell(receiver, page(**OVER))
        resolved = until(
            lambda: [a for m in told.json for a in m["alerts"] if a["status"] == "resolved"], "the resolution"
        )
        assert resolved[0]["labels"]["incident"] == "i-1f"


async def test_a_webhook_is_signed_so_that_it_can_be_checked() -> None:
    told = Told()
    with http_server(told) as url:
        await tell(Receiver("hook", "webhook", {"url": url}, {"secret": "s3cret"}), page(), page(**OVER))
    body, header = told.bodies[0], told.headers[0]
    stamp, digest = (part.partition("=")[2] for part in header["X-Mirqab-Signature"].split(","))
    assert hmac.new(b"s3cret", f"{stamp}.".encode() + body, sha256).hexdigest() == digest
    assert [h["Idempotency-Key"] for h in told.headers] == ["i-1f/0/trigger", "i-1f/1/resolve"]
    assert (told.json[0]["schema"], told.json[1]["kind"]) == ("mirqab.page/1", "resolve")


async def test_pagerduty_knows_an_incident_by_its_id() -> None:
    told = Told()
    with http_server(told) as url:
        receiver = Receiver("pd", "pagerduty", {"url": url}, {"routing_key": "R" * 32})
        await tell(receiver, page(), page(kind="acknowledge"), page(**OVER))
    assert [e["event_action"] for e in told.json] == ["trigger", "acknowledge", "resolve"]
    assert {e["dedup_key"] for e in told.json} == {"i-1f"}
    assert told.json[0]["payload"]["severity"] == "error"


async def test_chats_escape_what_would_be_markup() -> None:
    told = Told()
    with http_server(told) as url:
        await tell(Receiver("s", "slack", {}, {"url": url}), page(line="<!channel> & [a](b)"))
        await tell(Receiver("t", "teams", {}, {"url": url}), page(line="[a](http://evil) *b*"))
    assert "&lt;!channel&gt; &amp; [a](b)" in told.json[0]["text"]
    card = told.json[1]["attachments"][0]["content"]
    assert card["body"][1]["text"] == r"\[a\]\(http://evil\) \*b\*"
    assert card["actions"][0]["url"] == "https://mirqab.example/incidents/i-1f"


async def test_mail_goes_by_tls_with_a_name_and_a_password_and_makes_a_thread(tmp_path: Path) -> None:
    made = make_certificates(tmp_path)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(made.cert, made.key)

    def sign_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"mirqab", b"pass word")
        return AuthResult(success=right, handled=False)

    told = Told()
    options = {"tls_context": server, "require_starttls": True, "authenticator": sign_in, "auth_required": True}
    with smtp_server(told, **options) as port:
        given = {
            "host": "localhost",
            "port": port,
            "sender": "m@bank.example",
            "to": ["a@bank.example", "b@bank.example"],
        }
        given |= {"ca_file": str(made.ca), "username": "mirqab"}
        receiver = Receiver("mail", "email", given, {"password": "pass word"})
        await tell(receiver, page(), page(**OVER))
        wrong = notifiers.make(Receiver("mail", "email", given, {"password": "wrong"}), Settings())
        assert (await wrong.send(page())).word == "never"
        given["ca_file"] = ""
        untrusted = notifiers.make(Receiver("mail", "email", given, {"password": "pass word"}), Settings())
        assert (await untrusted.send(page())).word == AGAIN
    first, last = (email.message_from_bytes(body, policy=email.policy.default) for body in told.bodies)
    assert first["subject"] == "[page] An input drifts on card"
    assert last["subject"].startswith("[page] RESOLVED: ")
    assert last["in-reply-to"] == first["message-id"]
    assert "https://mirqab.example/incidents/i-1f" in first.get_content()


@pytest.mark.parametrize("protocol", ["udp", "tcp"])
async def test_syslog_carries_one_line_of_cef(protocol: str) -> None:
    told = Told()
    with syslog_server(told, protocol) as port:
        receiver = Receiver("siem", "syslog", {"host": "127.0.0.1", "port": port, "protocol": protocol})
        await tell(receiver, page(rule="a|b", line="p = 1\nCEF:0|forged"))
        until(lambda: told.bodies, "the message")
    text = told.bodies[0].decode()
    if protocol == "tcp":
        length, _, text = text.partition(" ")
        assert int(length) == len(text)
    assert text.startswith("<107>1 2025-06-15T15:06:40.000Z mirqab mirqab - trigger - CEF:0|Mirqab|Mirqab|1|a\\|b|")
    assert "\n" not in text
    assert r"msg=p \= 1\nCEF:0|forged" in text


async def test_splunk_and_a_topic_get_findings_of_ocsf() -> None:
    told = Told()
    with http_server(told) as url:
        await tell(Receiver("hec", "splunk", {"url": url, "index": "ml"}, {"token": "T0k"}), page())
    assert told.headers[0]["Authorization"] == "Splunk T0k"
    assert told.headers[0]["path"] == "/services/collector/event"
    event = told.json[0]
    assert (event["sourcetype"], event["index"], event["time"]) == ("ocsf:detection_finding", "ml", START_NS / 1e9)
    assert_is_a_finding(event["event"], activity=1)

    async with embedded_broker() as address:
        await make_topics(address, {"findings": 1})
        settings = Settings().replace("kafka", idempotent=False, brokers=address)
        await tell(Receiver("k", "ocsf", {"topic": "findings"}), page(), page(**OVER), settings=settings)
        records = await asyncio.to_thread(_two, "findings", address)
    assert {record.key for record in records} == {b"i-1f"}
    for record, activity in zip(records, (1, 3), strict=True):
        assert_is_a_finding(json.loads(record.value), activity)


def _two(topic: str, address: str) -> list[Any]:
    """The first two messages; read by kafka-python, since in the process of a worker aiokafka gives no keys."""
    consumer = KafkaConsumer(topic, bootstrap_servers=address, auto_offset_reset="earliest", group_id=None)
    try:
        return list(islice(consumer, 2))
    finally:
        consumer.close()


def assert_is_a_finding(found: dict[str, Any], activity: int) -> None:
    """What OCSF 1.8 requires of a Detection Finding (class 2004)."""
    required = {
        "activity_id", "category_uid", "class_uid", "finding_info", "metadata", "severity_id", "time", "type_uid",
    }  # fmt: skip
    assert required <= set(found)
    assert (found["class_uid"], found["type_uid"], found["activity_id"]) == (2004, 200400 + activity, activity)
    assert {"uid", "title"} <= set(found["finding_info"])
    assert found["metadata"]["version"] == "1.8.0"
    assert found["finding_info"]["uid"] == "i-1f"


def test_a_secret_in_the_environment_stays_out_of_sight(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from schemas.settings import load_settings

    file = tmp_path / "mirqab.toml"
    file.write_text('[receivers.duty]\nkind = "slack"\n[[routes]]\nreceivers = ["duty"]\nlevels = ["ticket", "page"]\n')
    env = {
        **{k: v for k, v in os.environ.items() if "MIRQAB" not in k},
        "MIRQAB_RECEIVER_DUTY_URL": "https://hooks/x/y",
    }
    settings = load_settings(file, env)
    assert settings.receivers["duty"].get("url") == "https://hooks/x/y"
    assert "hooks" not in repr(settings)
