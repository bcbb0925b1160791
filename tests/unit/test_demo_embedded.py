"""The embedded broker and the traffic child: they work, and they end with us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.errors import BrokerUnavailable
from schemas.settings import Settings
from streams.demo.child import traffic_child
from streams.demo.clock import last_opening
from streams.demo.messages import Order
from streams.demo.scenes import all_scenes
from streams.embedded import embedded_broker, embedded_settings, make_topics

PARENT = """
import sys, time
from streams import tied
print(tied.start([sys.executable, "-c", "import time; time.sleep(60)"]).pid, flush=True)
time.sleep(60)
"""


def gone(pid: int) -> bool:
    """True once the process has ended (a zombie of another parent counts as ended)."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
                if f.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent's death")
def test_a_child_ends_even_if_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        # The child must have become the program, tied, before the parent dies, or the test proves less.
        time.sleep(0.5)
        parent.send_signal(signal.SIGKILL)
    assert gone(child)


def test_a_child_whose_parent_is_another_process_refuses_to_start() -> None:
    done = subprocess.run([sys.executable, "-m", "streams.tied", "1", sys.executable, "-c", "print(1)"], check=False)
    assert done.returncode == 1


async def test_demo_traffic_reaches_the_embedded_broker_and_announces_its_scenes() -> None:
    async with embedded_broker() as address:
        await make_topics(address, {"inference": 1})
        await make_topics(address, {"inference": 1})
        order = Order(brokers=address, topic="inference", live_ns=last_opening(time.time_ns()), days=0.05, speed=60)
        async with traffic_child(order) as traffic:
            some = await traffic.loaded()
            traffic.go()
            count = await traffic.loaded()
            assert some <= count
            assert len(await first(address, count)) == count
            traffic.go()
            heard = [await anext(traffic.announcements()) for _ in range(2)]
            assert [line.scene for line in heard] == [scene.name for scene in all_scenes()[:2]]
            assert len(await first(address, count + 1)) > count


async def test_traffic_that_cannot_produce_says_so() -> None:
    order = Order(brokers="127.0.0.1:9", topic="inference", live_ns=last_opening(time.time_ns()), days=0.01)
    async with traffic_child(order) as traffic:
        with pytest.raises(BrokerUnavailable, match="ended before"):
            await traffic.loaded()


async def first(address: str, count: int) -> list[bytes]:
    """At least the first `count` values of the topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=address, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([TopicPartition("inference", 0)])
        await consumer.seek_to_beginning()
        values: list[bytes] = []
        while len(values) < count:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                values += [record.value for record in records]
        return values
    finally:
        await consumer.stop()


def test_embedded_settings_turn_off_what_the_embedded_broker_lacks() -> None:
    kafka = embedded_settings(Settings(), "127.0.0.1:1").kafka
    assert (kafka.brokers, kafka.idempotent, kafka.security) == ("127.0.0.1:1", False, "PLAINTEXT")
