"""The bank of a seeded store: its moment, its models, and names that attack whoever shows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 3, 2, 10, 0, 30, tzinfo=UTC)
NOW_NS = int(NOW.timestamp()) * 1_000_000_000
MINUTE = timedelta(minutes=1)
FEATURES = ("amount", "age_days", "country_risk", "hour", "velocity_1h", "velocity_24h", "balance", "tenure_months")
CATEGORIES = ("channel", "merchant_type")

# name, version, events per minute, share that fails
MODELS = (
    ("card-fraud", "7", 420, 0.002),
    ("credit-score", "2026-01", 64, 0.001),
    ("aml-transactions", "3", 180, 0.004),
    ("support-assistant", "llm-4", 35, 0.021),
    ("kyc-documents", "1", 12, 0.0),
    ("churn", "", 6, 0.0),
)
HOSTILE = (
    "<script>alert(1)</script>",
    "a/b/../../c d",
    "..",
    "'; DROP TABLE alerts; --",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "مرقاب ☂ {now_ns:Int64}",
    "javascript:alert(1)",
)


class Clock:
    """A clock that stands still at the moment of the seed, unless it is set."""

    def __init__(self, now_ns: int = NOW_NS) -> None:
        self.now = now_ns

    def now_ns(self) -> int:
        return self.now
