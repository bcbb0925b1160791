"""Send the lines of JSON-lines files (.gz too, - is stdin) to a topic of inference logs, as they are."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable

from schemas.errors import UsageError
from schemas.settings import Settings
from streams import topics
from streams.formatoption import format_argument, of_format
from streams.sending import Sent, send
from streams.terminal import plain

HELP = "send the lines of JSON-lines files to the topic of inference logs"
SILENT_SECONDS = 2.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Files, and where and how fast they go."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="JSON lines, plain or .gz; - reads stdin")
    parser.add_argument("--topic", help="topic to send to; the first of kafka.topics if not given")
    parser.add_argument("--partition", type=int, help="send every line to this partition, in the order of the files")
    format_argument(parser)
    parser.add_argument("--rate", type=float, metavar="N", help="lines a second at most")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Send, and say how many lines the broker has; exit code 1 if some were too large for it."""
    topic = args.topic or next(iter(settings.kafka.topics), None)
    if topic is None:
        raise UsageError("kafka.topics is empty; give --topic")
    if args.rate is not None and not args.rate > 0:
        raise UsageError(f"--rate must be above 0; got {args.rate:g}")
    format = of_format(args, settings).format(topic)
    partitions = topics.partition_counts(settings.kafka, [topic])[topic]
    if args.partition is not None and not 0 <= args.partition < partitions:
        raise UsageError(f"--partition {args.partition}: {topic} has partitions 0 to {partitions - 1}")
    done = asyncio.run(
        send(
            settings.kafka,
            args.files,
            topic,
            partitions,
            partition=args.partition,
            most=topics.largest_batch(settings.kafka, topic),
            format=format,
            rate=args.rate,
            progress=_progress(time.monotonic),
        )
    )
    for sentence in done.recognised.sentences():
        print(plain(sentence), file=sys.stderr)
    if done.refused:
        print(f"not sent: {done.refused} lines larger than max.message.bytes of {topic}", file=sys.stderr)
    if args.json:
        print(json.dumps({"sent": done.sent, "refused": done.refused}))
    else:
        print(f"sent {done.sent} lines to {topic}")
    return 1 if done.refused else 0


def _progress(clock: Callable[[], float]) -> Callable[[Sent], None]:
    """Says on stderr how far it is, every two seconds."""
    start = said = clock()

    def say(done: Sent) -> None:
        nonlocal said
        now = clock()
        if now - said >= SILENT_SECONDS:
            said = now
            print(f"{done.sent} lines, {done.sent / (now - start):.0f} a second", file=sys.stderr)

    return say
