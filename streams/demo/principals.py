"""Who calls the models: about sixty clients, each with its own rhythm of day and week, its own rate and its own mix."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from schemas.events import Floats
from streams.demo.clock import BANK_ZONE, DAY_NS, HOUR_NS, WEEKEND


def _day(percents: str) -> tuple[float, ...]:
    return tuple(float(p) / 100 for p in percents.split())


# Share of the peak rate at each hour of the bank's day, per cent, 00:00 first; the second value is the weekend's share.
RHYTHMS: dict[str, tuple[tuple[float, ...], float]] = {
    "office": (_day("0 0 0 0 0 0 10 40 90 100 100 100 80 40 20 10 5 0 0 0 0 0 0 0"), 0.4),
    "mail": (_day("5 5 5 5 5 5 15 40 95 100 100 100 70 35 25 20 15 12 8 8 8 8 8 8"), 0.4),
    "retail": (_day("6 4 3 2 2 3 10 30 80 100 100 100 75 35 25 25 25 30 30 30 25 20 15 10"), 0.8),
    "always": ((1.0,) * 24, 1.0),
    "night": (_day("30 100 100 100 30" + " 0" * 19), 1.0),
}


class Principal(NamedTuple):
    """One client of one model. `burst` is the spread of its minute rates (0: plain Poisson); `slow` scales latency."""

    name: str
    model: str
    per_minute: float  # at the peak of its rhythm
    rhythm: str
    taste: float = 0.0
    slow: float = 1.0
    burst: float = 0.0
    ip: str = ""


def _fleet(model: str, names: list[str], per_minute: float, rhythm: str, slow: float = 1.0) -> list[Principal]:
    """Clients of one kind that share `per_minute` between them, unequally, with tastes spread over [-0.6, 0.6]."""
    weights = 1 / np.sqrt(np.arange(1.0, len(names) + 1))
    tastes = np.linspace(-0.6, 0.6, len(names)) if len(names) > 1 else np.zeros(1)
    return [
        Principal(name, model, float(per_minute * w / weights.sum()), rhythm, float(t), slow)
        for name, w, t in zip(names, weights, tastes, strict=True)
    ]


def principals() -> tuple[Principal, ...]:
    """All clients, in a fixed order, each with an address of its own."""
    cheque, mail, card = "cheque-digit-reader", "phishing-sites", "card-payments"
    everyone = [
        *_fleet(cheque, [f"branch-{i:03d}-scanner" for i in range(1, 21)], 9.0, "office"),
        *_fleet(cheque, [f"atm-cheque-{i:02d}" for i in range(1, 4)], 0.8, "office", 1.3),
        *_fleet(cheque, ["mobile-deposit"], 2.0, "office", 1.6),
        *_fleet(cheque, ["kiosk-07"], 0.4, "office"),
        Principal("archive-batch", cheque, 1.0, "office", 0.0, 0.7, 0.3),
        *_fleet(mail, [f"mail-gateway-{i}" for i in range(1, 9)], 17.0, "mail"),
        *_fleet(mail, ["browser-guard", "web-proxy-1", "web-proxy-2"], 5.0, "mail", 0.8),
        *_fleet(mail, ["soc-triage"], 0.5, "office"),
        Principal("brand-watch", mail, 0.8, "always", 0.3, 1.2, 0.6),
        Principal("link-sweep-batch", mail, 2.0, "night", 0.0, 0.7, 0.3),
        *_fleet(card, [f"pos-acquirer-{i}" for i in ("north", "south", "east", "west", "airport")], 10.0, "retail"),
        *_fleet(card, [f"ecom-gateway-{i}" for i in range(1, 6)], 6.0, "retail", 1.2),
        *_fleet(card, ["wallet-app", "transit-gates", "fuel-stations", "atm-switch-1", "atm-switch-2"], 6.0, "retail"),
        *_fleet(card, ["hotel-desk", "school-fees", "utility-bills"], 1.2, "office"),
        Principal("partner-fintech", card, 0.8, "retail", 0.4, 1.5, 0.6),
        Principal("recurring-batch", card, 2.0, "night", 0.0, 0.8, 0.3),
    ]
    return tuple(p._replace(ip=f"10.{20 + i // 250}.{i % 250}.{7 + i * 13 % 240}") for i, p in enumerate(everyone))


def share_of_peak(rhythm: str, at_ns: int) -> Floats:
    """The rhythm's share of its peak in each minute (60,) of the hour that starts at `at_ns`."""
    hours, weekend = RHYTHMS[rhythm]
    offset = BANK_ZONE.utcoffset(None)
    local = at_ns + int(offset.total_seconds()) * 1_000_000_000
    hour = local // HOUR_NS % 24
    # 1970-01-01 was a Thursday, day 3 as datetime.weekday counts.
    weekday = (local // DAY_NS + 3) % 7
    now, later = hours[hour], hours[(hour + 1) % 24]
    return np.linspace(now, later, 60, endpoint=False) * (weekend if weekday in WEEKEND else 1.0)
