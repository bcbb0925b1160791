"""What the workers' group has committed and what there is, asked of a real broker without joining the group."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition

from schemas.settings import Settings
from streams.blindness import lags
from streams.embedded import embedded_broker, make_topics


async def test_a_lag_is_known_while_the_group_works_and_after() -> None:
    async with embedded_broker() as address:
        await make_topics(address, {"inference": 2})
        settings = Settings().replace("kafka", brokers=address, idempotent=False)
        producer = AIOKafkaProducer(bootstrap_servers=address)
        await producer.start()
        for _ in range(10):
            await producer.send_and_wait("inference", b"x", partition=0)
        await producer.stop()
        assert await lags(settings) == {}, "nobody has committed anything yet"
        worker = AIOKafkaConsumer(
            "inference",
            bootstrap_servers=address,
            group_id="mirqab",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        await worker.start()
        await worker.getone()
        await worker.commit({TopicPartition("inference", 0): 4})
        assert await lags(settings) == {("inference", 0): (4, 10)}
        await worker.stop()
        assert await lags(settings) == {("inference", 0): (4, 10)}
