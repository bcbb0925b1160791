"""Mirqab's own topics and the user's on the broker: make what is missing, refuse what would lose data.

Nothing here changes or deletes a topic that exists. The embedded broker tells no topic configuration; what depends on
it is then not checked, and `check` says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.errors import AuthorizationError, KafkaError, TopicAlreadyExistsError

from schemas.errors import BrokerUnavailable, TopicError
from schemas.settings import Kafka
from streams.kafka import admin_arguments
from streams.reach import require
from streams.topic_faults import Topic, command_create, own_faults, user_faults
from streams.topic_faults import name as name
from streams.topic_faults import own_topics as own_topics

TIMEOUT_MS = 10_000
LOOK_SECONDS = 0.1
LARGEST_BATCH = 1_048_588  # Kafka's default of max.message.bytes
NO_TOPIC = 3  # UNKNOWN_TOPIC_OR_PARTITION


def create(settings: Kafka) -> list[str]:
    """Make those of our topics that are missing; the value is their names. Safe to repeat and to run twice at once.

    Raises BrokerUnavailable or TopicError.
    """
    wanted = own_topics(settings)
    with _admin(settings) as admin:
        absent = sorted(set(wanted) - set(_describe(admin, wanted, configs=False)))
        for topic in absent:
            own = wanted[topic]
            try:
                admin.create_topics(
                    [NewTopic(topic, own.partitions, settings.replication, topic_configs=own.config())],
                    timeout_ms=TIMEOUT_MS,
                )
            except TopicAlreadyExistsError:
                continue  # another worker made it in the same moment
            except AuthorizationError as e:
                raise TopicError(
                    f"may not create the topic {topic}: let an operator run {command_create(topic, settings)}"
                ) from e
            except KafkaError as e:
                raise TopicError(f"the broker did not create the topic {topic}: {e}") from e
        if absent:
            _wait_for(admin, set(wanted))
    return absent


def _wait_for(admin: KafkaAdminClient, wanted: set[str]) -> None:
    """A topic that was made a moment ago, by us or by another worker, is not told of at once; `check` says if never."""
    until = time.monotonic() + TIMEOUT_MS / 1000
    while time.monotonic() < until:
        with suppress(TopicError):  # it may be there and have no leader yet
            if wanted <= set(_describe(admin, wanted, configs=False)):
                return
        time.sleep(LOOK_SECONDS)


def check(settings: Kafka) -> list[str]:
    """Compare the topics with the settings; the value says what could not be checked, empty if all was.

    Raises TopicError, one sentence for each fault with the command or setting that mends it, or BrokerUnavailable.
    """
    found, unchecked = faults(settings)
    if found:
        raise TopicError("; ".join(found))
    return unchecked


def missing(settings: Kafka) -> list[str]:
    """Our own topics that are not there. Raises BrokerUnavailable."""
    wanted = own_topics(settings)
    with _admin(settings) as admin:
        return sorted(set(wanted) - set(_describe(admin, wanted, configs=False)))


def faults(settings: Kafka, *, of_missing: bool = True) -> tuple[list[str], list[str]]:
    """What is wrong, a sentence each, and what could not be checked. Raises BrokerUnavailable.

    Without `of_missing` it is no fault that one of our own topics is not there.
    """
    wanted = own_topics(settings)
    with _admin(settings) as admin:
        known = _describe(admin, [*wanted, *settings.topics])
        names = _names(admin) if any(topic not in known for topic in settings.topics) else []
    found: list[str] = []
    for topic in settings.topics:
        found += user_faults(settings, topic, known.get(topic), names)
    for topic, own in wanted.items():
        if of_missing or topic in known:
            found += own_faults(settings, topic, own, known.get(topic))
    silent = ", ".join(sorted(topic for topic, about in known.items() if not about.config))
    told = f"the broker tells no configuration of {silent}: retention and compaction not checked"
    return found, [told] if silent else []


def topic_ids(settings: Kafka, topics: Iterable[str]) -> dict[str, str | None]:
    """Kafka's UUID of each topic as text; None where the broker gives none (then use the run's id).

    Raises BrokerUnavailable, or TopicError for a topic that is not there.
    """
    return {topic: found.log_id for topic, found in _all(settings, topics).items()}


def partition_counts(settings: Kafka, topics: Iterable[str]) -> dict[str, int]:
    """Partitions of each topic. Raises BrokerUnavailable, or TopicError for a topic that is not there."""
    return {topic: found.partitions for topic, found in _all(settings, topics).items()}


def largest_batch(settings: Kafka, topic: str) -> int:
    """Bytes of the largest batch the topic takes; Kafka's default where the broker does not tell.

    Raises BrokerUnavailable.
    """
    with _admin(settings) as admin:
        return int(_configs(admin, [topic]).get(topic, {}).get("max.message.bytes", LARGEST_BATCH))


def _all(settings: Kafka, topics: Iterable[str]) -> dict[str, Topic]:
    wanted = list(topics)
    with _admin(settings) as admin:
        known = _describe(admin, wanted, configs=False)
        if len(known) < len(set(wanted)):
            names = _names(admin)
            raise TopicError(
                "; ".join(
                    f for topic in wanted if topic not in known for f in user_faults(settings, topic, None, names)
                )
            )
    return known


def _names(admin: Any) -> list[str]:
    return sorted(str(topic) for topic in admin.list_topics())


def _describe(admin: Any, topics: Iterable[str], *, configs: bool = True) -> dict[str, Topic]:
    """What there is of `topics`, by name; what is missing is not in it."""
    found = {}
    for topic in admin.describe_topics(sorted(set(topics))):
        if topic["error_code"] == 0:
            found[topic["name"]] = topic
        elif topic["error_code"] != NO_TOPIC:
            raise TopicError(f"the broker does not describe {topic['name']}: Kafka error {topic['error_code']}")
    told = _configs(admin, found) if configs and found else {}
    return {
        topic: Topic(len(about["partitions"]), _log_id(about.get("topic_id")), told.get(topic, {}))
        for topic, about in found.items()
    }


def _configs(admin: Any, topics: Iterable[str]) -> dict[str, dict[str, str]]:
    """Configuration by topic; empty where the broker or its access rules do not tell it."""
    try:
        answer = admin.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in topics], config_filter="all"
        )
    except KafkaError:
        return {}
    told = answer.get("topic", {})
    return {topic: {key: str(value["value"]) for key, value in config.items()} for topic, config in told.items()}


def _log_id(topic_id: object) -> str | None:
    """Kafka's UUID as text, None for the zero UUID of brokers that have none."""
    text = "" if topic_id is None else str(topic_id)
    return text if text.strip("0-") else None


@contextmanager
def _admin(settings: Kafka) -> Iterator[Any]:
    """An admin client; its errors become ours."""
    # kafka-python says only that it could not bootstrap, after 10 s and with sockets left open; ask first.
    require(settings)
    try:
        admin = KafkaAdminClient(
            **admin_arguments(settings), request_timeout_ms=TIMEOUT_MS, bootstrap_timeout_ms=TIMEOUT_MS
        )
    except KafkaError as e:
        raise BrokerUnavailable(f"the broker {settings.brokers} takes connections but does not answer: {e}") from e
    try:
        yield admin
    except KafkaError as e:
        raise BrokerUnavailable(f"the broker {settings.brokers} did not do what was asked: {e}") from e
    finally:
        admin.close()
