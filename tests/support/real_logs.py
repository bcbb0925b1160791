"""Real tables as the logs their models would have written, for `mirqab replay`: JSON lines in the order of time.

A scikit-learn model is trained on the first part, which is not logged, and scores the rest. Features are the table's
own columns. A label stands in the record where the table has it in the row; the car loans of the second half have
theirs in a file apart and without a date, so their records have none.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.pipeline import make_pipeline

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
Features = dict[str, float | str | bool | None]
Row = tuple[datetime, Features, str]  # when, what the model was asked, what came true ("" if not known)
# Known only after the call, or the time itself.
NOT_ASKED = frozenset({"date", "day", "month", "duration", "y"})
LOAN_FEATURES = (
    "car_value", "salary_range", "debt_to_income_ratio", "loan_length", "repaid_loan_on_prev_car",
    "size_of_downpayment", "driver_tenure",
)  # fmt: skip


def bank_marketing() -> Iterator[Row]:
    """Calls of a bank through 2008 to 2010; the calls of a day are spread over its working hours."""
    rows = _rows("bank-marketing/bank_full_dated.csv.gz")
    for date, calls in groupby(rows, lambda row: row["date"]):
        day = list(calls)
        opens = datetime.fromisoformat(date).replace(hour=9, tzinfo=UTC)
        for i, row in enumerate(day):
            features = {name: _value(text) for name, text in row.items() if name not in NOT_ASKED}
            yield opens + timedelta(hours=8) * i / len(day), features, str(int(row["y"] == "yes"))


def car_loans() -> Iterator[Row]:
    """Loans of 2018 and 2019, with missing values and a new category in the second half."""
    for name in ("reference", "dq_analysis"):
        for row in _rows(f"nannyml-car-loan/synthetic_car_loan_{name}.csv.gz"):
            at = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
            label = row.get("repaid", "")
            yield at, {name: _value(row[name]) for name in LOAN_FEATURES}, str(int(float(label))) if label else ""


def write_log(rows: Iterable[Row], model: str, trained_on: int, path: Path) -> int:
    """Train on the first rows, write the rest as the model's log; returns how many lines."""
    seen = list(rows)
    first, rest = seen[:trained_on], seen[trained_on:]
    trained = make_pipeline(DictVectorizer(sparse=False), HistGradientBoostingClassifier(max_iter=40, random_state=0))
    trained.fit([_given(features) for _, features, _ in first], [label for _, _, label in first])
    scores = trained.predict_proba([_given(features) for _, features, _ in rest])[:, 1]
    with path.open("w") as log:
        for i, ((at, features, label), score) in enumerate(zip(rest, scores, strict=True)):
            record: dict[str, Any] = {"ts": at.timestamp(), "model": model, "version": "1", "id": str(trained_on + i)}
            record |= {"features": features, "score": round(float(score), 4), "prediction": str(int(score > 0.5))}
            log.write(json.dumps(record | ({"label": label} if label else {})) + "\n")
    return len(rest)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with gzip.open(DATA / name, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _value(text: str) -> float | str | bool | None:
    if text in ("", "True", "False"):
        return None if not text else text == "True"
    try:
        return float(text)
    except ValueError:
        return text


def _given(features: Features) -> Features:
    return {name: value for name, value in features.items() if value is not None}
