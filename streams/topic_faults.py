"""What the topics must be like, and what is wrong with one that is not: a sentence with the command that mends it.

Plain data and rules; it talks to no broker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schemas.errors import unknown
from schemas.settings import Kafka

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WEEK_MS = 7 * DAY_MS


@dataclass(frozen=True, slots=True)
class Own:
    """How one of our topics is made."""

    partitions: int
    compacted: bool = False
    retention_ms: int = WEEK_MS

    def config(self) -> dict[str, str]:
        """Kafka's topic configuration."""
        if self.compacted:
            return {"cleanup.policy": "compact"}
        return {"cleanup.policy": "delete", "retention.ms": str(self.retention_ms)}


@dataclass(frozen=True, slots=True)
class Topic:
    """What the broker says of a topic. `log_id` and `config` are empty where the broker does not tell them."""

    partitions: int
    log_id: str | None = None
    config: Mapping[str, str] = field(default_factory=dict)

    @property
    def compacted(self) -> bool:
        """True if older records of a key may be deleted."""
        return "compact" in self.config.get("cleanup.policy", "")

    @property
    def deleting(self) -> bool:
        """True if old records are deleted."""
        return "delete" in self.config.get("cleanup.policy", "")

    @property
    def retention_ms(self) -> int | None:
        """How long records are kept; -1 is for ever, None is not known."""
        value = self.config.get("retention.ms")
        return None if value is None else int(value)


def name(settings: Kafka, topic: str) -> str:
    """The full name of one of our topics: `name(kafka, "alerts")` is `mirqab.alerts` by default."""
    return f"{settings.prefix}.{topic}"


def own_topics(settings: Kafka) -> dict[str, Own]:
    """Our topics by full name."""
    topics = {
        "summaries": Own(settings.partitions),
        "baselines": Own(1, compacted=True),
        "alerts": Own(1),
        "incidents": Own(1),
        "labels": Own(settings.partitions),
        "rejects": Own(1),
    }
    return {name(settings, short): own for short, own in topics.items()}


def user_faults(settings: Kafka, topic: str, found: Topic | None, names: Iterable[str] = ()) -> list[str]:
    """What is wrong with a topic that carries logs; `names` are the topics there are."""
    if found is None:
        visible = [known for known in names if not known.startswith("__")]
        hint = unknown("topic", topic, visible) if visible else f"unknown topic {topic!r}; the broker shows no topics"
        return [f"kafka.topics: {hint}"]
    if found.compacted:
        remedy = _alter(settings, topic, "cleanup.policy=delete")
        return [f"{topic} is compacted, so that records vanish before they are read: {remedy}"]
    if found.retention_ms is not None and 0 <= found.retention_ms < HOUR_MS:
        return [
            f"{topic} keeps records for {found.retention_ms / 1000:g} s only; a pause of the worker would lose some: "
            + _alter(settings, topic, f"retention.ms={DAY_MS}")
        ]
    return []


def own_faults(settings: Kafka, topic: str, own: Own, found: Topic | None) -> list[str]:
    """What is wrong with one of our topics."""
    if found is None:
        return [f"{topic} is missing: start `mirqab worker`, which makes it, or run {command_create(topic, settings)}"]
    faults = []
    if found.partitions != own.partitions:
        faults.append(_partition_fault(topic, own, found, settings))
    if not found.config:
        return faults
    if own.compacted and (not found.compacted or found.deleting):
        faults.append(f"{topic} would forget: {_alter(settings, topic, 'cleanup.policy=compact')}")
    elif not own.compacted and found.compacted:
        faults.append(
            f"{topic} is compacted and would lose records: {_alter(settings, topic, 'cleanup.policy=delete')}"
        )
    elif not own.compacted and found.retention_ms is not None and 0 <= found.retention_ms < DAY_MS:
        faults.append(
            f"{topic} keeps records for {found.retention_ms / 3_600_000:g} h, less than a day: "
            + _alter(settings, topic, f"retention.ms={WEEK_MS}")
        )
    return faults


def _partition_fault(topic: str, own: Own, found: Topic, settings: Kafka) -> str:
    if own.partitions == 1:
        return (
            f"{topic} has {found.partitions} partitions and must have one, which is its order: stop the workers, "
            f"kafka-topics.sh --bootstrap-server {settings.brokers} --delete --topic {topic}, and start them again"
        )
    return (
        f"{topic} has {found.partitions} partitions and kafka.partitions is {own.partitions}: set kafka.partitions = "
        f"{found.partitions}, because another number would move models to workers that do not hold their state"
    )


def _alter(settings: Kafka, topic: str, config: str) -> str:
    return (
        f"kafka-configs.sh --bootstrap-server {settings.brokers} --alter --entity-type topics --entity-name {topic} "
        f"--add-config {config}"
    )


def command_create(topic: str, settings: Kafka) -> str:
    """Kafka's own command that makes one of our topics."""
    own = own_topics(settings)[topic]
    config = " ".join(f"--config {key}={value}" for key, value in own.config().items())
    return (
        f"kafka-topics.sh --bootstrap-server {settings.brokers} --create --topic {topic} --partitions {own.partitions} "
        f"--replication-factor {settings.replication} {config}"
    )
