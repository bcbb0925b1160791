"""What is said about a broker's settings and a topic's configuration, without a broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.errors import SettingError
from schemas.settings import Kafka
from streams.kafka import access, addresses, admin_arguments, aio_arguments
from streams.topic_faults import Own, Topic, own_faults, own_topics, user_faults
from tests.support.tls import make_certificates

DAY = 86_400_000
KAFKA = Kafka(brokers="broker1:9092")
SASL = {"security": "SASL_SSL", "username": "mirqab", "password": "not-a-secret"}


def kept(partitions: int = 1, policy: str = "delete", retention_ms: int = 7 * DAY) -> Topic:
    return Topic(partitions, "id", {"cleanup.policy": policy, "retention.ms": str(retention_ms)})


def test_one_alert_order_and_one_baseline_memory() -> None:
    topics = own_topics(Kafka(prefix="bank", partitions=8))
    assert topics["bank.alerts"].partitions == topics["bank.incidents"].partitions == 1
    assert topics["bank.summaries"].partitions == topics["bank.labels"].partitions == 8
    assert [name for name, own in topics.items() if own.compacted] == ["bank.baselines"]


@pytest.mark.parametrize(
    ("own", "found", "said"),
    [
        (Own(1), None, "--create --topic mirqab.alerts"),
        (Own(1), kept(2), "must have one"),
        (Own(4), kept(6), "set kafka.partitions = 6"),
        (Own(1, compacted=True), kept(), "cleanup.policy=compact"),
        (Own(1, compacted=True), kept(policy="compact,delete"), "cleanup.policy=compact"),
        (Own(1), kept(policy="compact"), "cleanup.policy=delete"),
        (Own(1), kept(retention_ms=DAY // 2), "12 h, less than a day"),
    ],
)
def test_each_fault_of_our_topics_comes_with_its_remedy(own: Own, found: Topic | None, said: str) -> None:
    (fault,) = own_faults(KAFKA, "mirqab.alerts", own, found)
    assert said in fault


@pytest.mark.parametrize("found", [kept(), kept(retention_ms=-1), Topic(1)])
def test_a_topic_that_keeps_its_records_is_right(found: Topic) -> None:
    assert own_faults(KAFKA, "mirqab.alerts", Own(1), found) == []
    assert user_faults(KAFKA, "inference", found) == []


def test_faults_of_a_users_topic() -> None:
    assert "did you mean inference" in user_faults(KAFKA, "inferences", None, ["inference", "__offsets"])[0]
    assert "shows no topics" in user_faults(KAFKA, "inference", None)[0]
    assert "600 s only" in user_faults(KAFKA, "inference", kept(retention_ms=600_000))[0]
    assert "vanish" in user_faults(KAFKA, "inference", kept(policy="compact"))[0]


def test_addresses_are_read_with_and_without_port() -> None:
    found = addresses(Kafka(brokers="a:1, b ,[::1]:3,[::1]"))
    assert found == [("a", 1), ("b", 9092), ("::1", 3), ("::1", 9092)]
    assert admin_arguments(Kafka(brokers="[::1]:3"))["bootstrap_servers"] == ["[::1]:3"]


@pytest.mark.parametrize("brokers", ["", "a:b", "http://a:1", "a:99999", "a:1,,b:2"])
def test_a_malformed_address_is_named(brokers: str) -> None:
    with pytest.raises(SettingError, match=r"kafka\.brokers"):
        addresses(Kafka(brokers=brokers))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"security": "TLS"}, "unknown value of kafka.security"),
        ({"security": "SSL", "cert_file": "cert.pem"}, "kafka.key_file is not"),
        ({"security": "SSL", "key_file": "key.pem"}, "kafka.cert_file is not"),
        ({"ca_file": "ca.pem"}, "has no TLS"),
        ({"security": "SSL", "ca_file": "/no/such.pem"}, "cannot read /no/such.pem"),
        ({"username": "mirqab"}, "does not send them"),
        ({"security": "SASL_SSL", "password": "not-a-secret"}, "needs a user name"),
        ({"security": "SASL_SSL", "username": "mirqab"}, "MIRQAB_KAFKA_PASSWORD"),
        (SASL | {"sasl_mechanism": "GSSAPI"}, "SCRAM-SHA-512"),
    ],
)
def test_settings_that_contradict_are_refused(settings: dict[str, str], said: str) -> None:
    with pytest.raises(SettingError) as told:
        access(Kafka(**settings))  # type: ignore[arg-type]
    assert said in str(told.value)
    assert "not-a-secret" not in str(told.value)


def test_files_that_are_no_certificates_are_refused(tmp_path: Path) -> None:
    made = make_certificates(tmp_path / "tls")
    text = tmp_path / "text.pem"
    text.write_text("hello")
    with pytest.raises(SettingError, match=r"no usable PEM"):
        access(Kafka(security="SSL", ca_file=str(text)))
    with pytest.raises(SettingError, match=r"not a PEM certificate and its private key"):
        access(Kafka(security="SSL", cert_file=str(made.client_cert), key_file=str(made.key)))
    mutual = Kafka(security="SSL", ca_file=str(made.ca), cert_file=str(made.client_cert), key_file=str(made.client_key))
    assert access(mutual).tls is not None


def test_both_clients_get_the_same_access() -> None:
    settings = Kafka(**SASL)  # type: ignore[arg-type]
    for arguments in (admin_arguments(settings), aio_arguments(settings)):
        assert arguments["security_protocol"] == "SASL_SSL"
        assert arguments["sasl_mechanism"] == "SCRAM-SHA-512"
        assert arguments["sasl_plain_password"] == "not-a-secret"
        assert arguments["ssl_context"].check_hostname


def test_a_password_is_in_no_repr() -> None:
    settings = Kafka(**SASL)  # type: ignore[arg-type]
    assert "not-a-secret" not in repr(access(settings))
    assert "not-a-secret" not in repr(settings)
