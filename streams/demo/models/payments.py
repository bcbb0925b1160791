"""`card-payments`: is a card payment fraud. Gradient boosted trees trained at start on payments made up here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from schemas.events import Floats, Ints
from streams.demo.models.base import lean

TRAINED_ON = 12_000
MERCHANTS = ("grocery", "fuel", "dining", "fashion", "travel", "electronics", "jewellery", "gift_cards")
COUNTRIES = ("QA", "AE", "SA", "OM", "GB", "IN", "TR", "US")
CHANNELS = ("contactless", "chip", "online", "in_app")
MERCHANT_WEIGHTS = np.array([30.0, 14, 22, 12, 8, 7, 4, 3])
COUNTRY_WEIGHTS = np.array([70.0, 9, 6, 3, 4, 4, 2, 2])
CHANNEL_WEIGHTS = np.array([45.0, 20, 22, 13])
TYPICAL = np.array([25.0, 18, 22, 60, 240, 180, 400, 80])  # median amount per merchant category, US dollars


class Payments:
    """A scorer of fraud. The time of day is no feature, so that a busy evening is not a different population."""

    name = "card-payments"
    version = "14"
    features: tuple[str, ...] = (
        "amount", "attempts_today", "card_age_days", "channel", "country", "days_since_last", "distance_km",
        "merchant_category", "same_merchant_before",
    )  # fmt: skip
    categories: Mapping[str, Sequence[str]] = MappingProxyType(
        {"channel": CHANNELS, "country": COUNTRIES, "merchant_category": MERCHANTS}
    )
    latency_ms = 31.0

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([seed, 77])
        payments = self.draw(rng, np.zeros(TRAINED_ON))
        fraud = rng.random(TRAINED_ON) < self._risk(payments)
        self._model = HistGradientBoostingClassifier(
            max_iter=40,
            max_leaf_nodes=15,
            learning_rate=0.15,
            categorical_features=[self.features.index(name) for name in self.categories],
            early_stopping=False,
            random_state=seed,
        ).fit(payments, fraud)

    def draw(self, rng: np.random.Generator, taste: Floats) -> Floats:
        n = len(taste)
        merchant: Ints = lean(rng, MERCHANT_WEIGHTS, taste)
        country = lean(rng, COUNTRY_WEIGHTS, taste)
        channel = lean(rng, CHANNEL_WEIGHTS, taste)
        abroad = country > 0
        columns = {
            "amount": np.round(TYPICAL[merchant] * rng.lognormal(0.0, 0.6, n), 2),
            "attempts_today": 1.0 + rng.poisson(0.6, n),
            "card_age_days": np.round(rng.gamma(2.0, 400.0, n)),
            "channel": channel,
            "country": country,
            "days_since_last": np.round(rng.exponential(1.8, n), 2),
            "distance_km": np.round(rng.lognormal(1.2, 0.9, n) * np.where(abroad, 60.0, 1.0), 1),
            "merchant_category": merchant,
            "same_merchant_before": (rng.random(n) < 0.55).astype(np.float64),
        }
        return np.column_stack([columns[name] for name in self.features]).astype(np.float64)

    def _risk(self, payments: Floats) -> Floats:
        """The made-up truth: probability of fraud per payment (n,)."""
        value = {name: payments[:, i] for i, name in enumerate(self.features)}
        odds = (
            -4.6
            + 0.9 * np.log(value["amount"] / 50.0)
            + 1.1 * (value["channel"] == CHANNELS.index("online"))
            + 0.9 * (value["country"] > 3)
            + 0.5 * (value["attempts_today"] - 1)
            + 0.8 * (value["merchant_category"] >= MERCHANTS.index("jewellery"))
            - 0.7 * value["same_merchant_before"]
            - 0.3 * np.log1p(value["days_since_last"])
        )
        risk: Floats = 1 / (1 + np.exp(-odds))
        return risk

    def answer(self, features: Floats) -> Floats:
        found: Floats = self._model.predict_proba(features)
        return found

    def outputs(self, probabilities: Floats) -> list[dict[str, Any]]:
        scores = np.round(probabilities[:, 1], 5).tolist()
        return [
            {"score": s, "prediction": "decline" if s >= 0.5 else "review" if s >= 0.2 else "approve"} for s in scores
        ]
