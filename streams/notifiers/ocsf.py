"""A Kafka topic of OCSF 1.8 Detection Findings, for a SIEM or a data lake: key is the incident's id."""

from __future__ import annotations

import re

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.errors import SettingError
from schemas.pages import ACCEPTED, AGAIN, HEARTBEAT, NEVER, Answer, Page
from schemas.receivers import Receiver
from schemas.settings import Settings
from streams.kafka import aio_arguments
from streams.notifiers._ocsf import finding

KEYED = True
OPTIONS = {
    "topic": "topic to write to; it must exist",
    "brokers": "host:port of the brokers; default: kafka.brokers, with its access",
}
REQUIRED: tuple[str, ...] = ("topic",)
SECRETS: tuple[str, ...] = ()
TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
TIMEOUT_MS = 10_000
HEADERS = [("content-type", b"application/json"), ("mirqab-schema", b"ocsf/1.8.0/detection_finding")]


class Notifier:
    """One producer, made when it is first needed."""

    def __init__(self, receiver: Receiver, settings: Settings) -> None:
        brokers = receiver.get("brokers", settings.kafka.brokers)
        if not TOPIC.fullmatch(receiver.get("topic")):
            raise SettingError(
                f"receivers.{receiver.name}.topic: letters, digits, '.', '_' and '-' make a topic's name"
            )
        self.topic, self.settings = receiver.get("topic"), settings.replace("kafka", brokers=brokers).kafka
        self.producer: AIOKafkaProducer | None = None

    async def send(self, page: Page) -> Answer:
        if page.kind == HEARTBEAT:
            return Answer(ACCEPTED, "no finding")
        value = msgspec.json.encode(finding(page), order="deterministic")
        try:
            if self.producer is None:
                made = AIOKafkaProducer(
                    **aio_arguments(self.settings),
                    acks="all",
                    enable_idempotence=self.settings.idempotent,
                    request_timeout_ms=TIMEOUT_MS,
                )
                try:
                    await made.start()
                except BaseException:
                    await made.stop()
                    raise
                self.producer = made
            await self.producer.send_and_wait(self.topic, value, key=page.key.encode(), headers=HEADERS)
        except KafkaError as e:
            # The client tried for as long as it was allowed to.
            word = AGAIN if e.retriable or "Timeout" in type(e).__name__ or "Connection" in type(e).__name__ else NEVER
            return Answer(word, f"{type(e).__name__} {e}"[:200])
        return Answer(ACCEPTED, f"written to {self.topic}")

    async def close(self) -> None:
        """End the producer."""
        if self.producer is not None:
            await self.producer.stop()
