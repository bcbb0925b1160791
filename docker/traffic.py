"""Made-up inference logs of two models, one JSON record a line, for ever; `mirqab send -` takes them from here.

A card-payments model that scores transactions and a help desk that answers questions. Nothing goes wrong in it.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from typing import Any

CHANNELS = ("pos", "web", "app", "atm")
QUESTIONS = ("What are your hours?", "How do I block my card?", "Where is the nearest branch?", "متى تفتحون؟")


def records(seed: int, now: Any) -> Iterator[dict[str, Any]]:
    """Endless records; `now()` gives the time of each, seconds."""
    rng = random.Random(seed)
    number = 0
    while True:
        number += 1
        common = {"ts": round(now(), 3), "id": f"t-{number}", "principal": f"app-{rng.randrange(6)}", "status": "ok"}
        if rng.random() < 0.8:
            amount, hour = round(rng.lognormvariate(4, 0.8), 2), rng.randrange(24)
            score = min(1.0, max(0.0, rng.betavariate(1.2, 14) + 0.0004 * amount))
            features = {"amount": amount, "hour": hour, "tenure": rng.randrange(120), "channel": rng.choice(CHANNELS)}
            yield {
                **common, "model": "card-payments", "version": "3", "features": features, "score": round(score, 4),
                "prediction": int(score > 0.5), "latency_ms": round(rng.gammavariate(4, 3), 2),
            }  # fmt: skip
        else:
            tokens = rng.randrange(8, 40)
            yield {
                **common, "model": "helpdesk", "version": "1", "prompt": rng.choice(QUESTIONS),
                "response": "Nine to five, Sunday to Thursday.", "tokens_in": tokens, "tokens_out": tokens // 2,
                "latency_ms": round(rng.gammavariate(5, 90), 1),
            }  # fmt: skip


if __name__ == "__main__":
    for record in records(1, time.time):
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
