"""Records a second that each log format decodes, beside the plain record: `python -m tests.benchmarks.formats`.

The golden samples, repeated; one core, no store. `auto` reads the plain records and each format's sample once more.
`+proto` is the same in OTLP's protobuf, and OpenTelemetry's own library what it alone takes to parse those.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from schemas import formats
from schemas.events import RawRecord, Source
from schemas.formats import Limits

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "formats"
SOURCE, SIZE = Source("bench", "t", 0), 4096


def plain_records() -> list[bytes]:
    """What the line is measured with: twenty numeric features, some 900 bytes."""
    features = {f"feature_with_a_name_{i:02d}": 1000.0 + i / 7 for i in range(20)}
    record = {"ts": 1732360000.25, "model": "m", "version": "1", "principal": "p-1", "id": "r", "features": features}
    return [json.dumps(record | {"score": 0.25, "prediction": 0, "latency_ms": 8.5}).encode()]


def rate(name: str, lines: list[bytes], seconds: float) -> tuple[float, float, int]:
    """Records and events a second, and the mean size of a record."""
    records = [RawRecord(i, lines[i % len(lines)], None) for i in range(SIZE)]
    decode, done, events = formats.load(name), 0, 0
    decode(records, SOURCE, Limits())
    start = time.perf_counter()
    while (took := time.perf_counter() - start) < seconds:
        events += len(decode(records, SOURCE, Limits()))
        done += SIZE
    return done / took, events / took, sum(map(len, lines)) // len(lines)


def exports() -> dict[str, list[bytes]]:
    """OTLP exports in protobuf, by format."""
    found: dict[str, list[bytes]] = {}
    for line in (GOLDEN.parent / "otlp" / "exports.txt").read_text().splitlines():
        name, text = line.split()
        found.setdefault(name, []).append(bytes.fromhex(text))
    return found


def by_opentelemetry(lines: list[bytes], seconds: float) -> float:
    """Records a second that OpenTelemetry's library parses; 0 where it is not installed."""
    try:
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    except ImportError:
        return 0.0
    done, start = 0, time.perf_counter()
    while (took := time.perf_counter() - start) < seconds:
        for line in lines:
            ExportTraceServiceRequest.FromString(line)
        done += len(lines)
    return done / took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each is measured")
    args = parser.parse_args()
    given = [("json_lines", plain_records(), "plain"), ("auto", plain_records(), "plain")]
    for name in formats.names():
        if name not in ("auto", "json_lines"):
            lines = (GOLDEN / name / "sample.jsonl").read_bytes().splitlines()
            given += [(name, lines, name), ("auto", lines, name)]
    given += [(name, lines, f"{name}+proto") for name, lines in exports().items()]
    print(f"{'format':14}{'records':20}{'bytes':>7}{'records/s':>12}{'events/s':>12}")
    for name, lines, what in given:
        records, events, size = rate(name, lines, args.seconds)
        print(f"{name:14}{what:20}{size:7,}{records:12,.0f}{events:12,.0f}")
    for name, lines in exports().items():
        print(f"OpenTelemetry's library parses {by_opentelemetry(lines, args.seconds):,.0f} of {name}+proto a second")
    return 0


if __name__ == "__main__":
    sys.exit(main())
