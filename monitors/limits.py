"""Bounds and budgets of one model version, as its shard's share of the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from schemas.days import USUAL, Days
from schemas.settings import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds and budgets of one model version."""

    pane_minutes: int
    baseline_events: int
    baseline_minutes: int
    max_principals: int
    max_predictions: int
    slots: int
    tickets_per_week: float
    pages_per_month: float
    max_segments: int = 16
    early: float = 0.0  # part of the budget for attacks that is for looks before a minute's close
    days: Days = USUAL
    segments: Callable[[str], tuple[str, ...]] = lambda model: ()  # what settings name

    @staticmethod
    def of(settings: Settings, shards: int) -> Limits:
        return Limits(
            pane_minutes=settings.line.pane_minutes,
            baseline_events=settings.judge.baseline_events,
            baseline_minutes=settings.judge.baseline_minutes,
            max_principals=settings.line.max_principals,
            max_predictions=settings.line.max_predictions,
            slots=max(1, settings.judge.model_slots // shards),
            tickets_per_week=settings.judge.false_tickets_per_week / shards,
            pages_per_month=settings.judge.false_pages_per_month / shards,
            max_segments=settings.line.max_segments,
            early=settings.judge.early_share,
            days=settings.calendar,
            segments=lambda model: settings.model(model).segments,
        )
