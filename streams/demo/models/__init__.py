"""The demo's models: one module each. They are trained when the demo starts."""

from __future__ import annotations

from streams.demo.models.base import Model
from streams.demo.models.cheques import Cheques
from streams.demo.models.payments import Payments
from streams.demo.models.phishing import Phishing

__all__ = ["Cheques", "Model", "Payments", "Phishing", "train_all"]


def train_all(seed: int) -> dict[str, Model]:
    """Every model by name, trained; equal seeds give equal models."""
    models: tuple[Model, ...] = (Cheques(seed), Phishing(seed), Payments(seed))
    return {model.name: model for model in models}
