"""Real rows whose changes are known: where they come from, and what a small model answers to them.

A `World` is a pool of rows to draw from at random, so that nothing changes unless it is changed; a `History` is rows in
their own order with a change at a known row. Rows that River brings along (ImageSegments, and its generators Agrawal,
SEA and RandomRBF) are always there; Elec2, car loan and bank marketing lie beside this repository or are left out.
River's Insects and CreditCard are downloads and are not used; its other bundled series have no annotated changes.
"""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from river import datasets
from river.datasets import synth
from sklearn.linear_model import LogisticRegression

from schemas.events import Floats, Ints

SHARED = Path(os.environ.get("SHARED_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))
ELEC2 = SHARED / "elec2" / "elec2.csv.gz"
BANK = SHARED / "bank-marketing" / "bank_full_dated.csv.gz"
LOAN = SHARED / "nannyml-car-loan"
LOAN_NUMBERS = ("car_value", "debt_to_income_ratio", "loan_length", "driver_tenure")
LOAN_TEXTS = ("salary_range", "repaid_loan_on_prev_car", "size_of_downpayment")
WRONG = 0.1
BANK_NUMBERS = ("age", "balance", "campaign", "pdays", "previous")
BANK_TEXTS = ("job", "marital", "education", "default", "housing", "loan", "contact", "poutcome")


@dataclass(frozen=True)
class Names:
    """What the columns are called. A category's code is its place in its vocabulary."""

    num: tuple[str, ...]
    cat: tuple[str, ...] = ()
    vocabularies: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Rows:
    """Numbers (NaN where missing), categories (codes, -1 where missing), scores, and labels (-1 where not known)."""

    num: Floats
    cat: Ints
    score: Floats
    label: Ints

    def __len__(self) -> int:
        return len(self.num)

    def take(self, which: Ints | slice) -> Rows:
        return Rows(self.num[which], self.cat[which], self.score[which], self.label[which])


class Model:
    """Logistic regression on standardised numbers and one column per category; what is missing counts as the mean."""

    def __init__(self, names: Names, rows: Rows, label: Ints) -> None:
        self.widths = [len(vocabulary) for vocabulary in names.vocabularies]
        self.mean, self.spread = np.nanmean(rows.num, axis=0), np.nanstd(rows.num, axis=0) + 1e-12
        self.fitted = LogisticRegression(C=0.1, max_iter=300).fit(self._inputs(rows), label)

    def _inputs(self, rows: Rows) -> Floats:
        columns = [np.nan_to_num((rows.num - self.mean) / self.spread)]
        columns += [np.eye(width + 1)[rows.cat[:, j]] for j, width in enumerate(self.widths)]
        return np.hstack(columns)

    def answer(self, rows: Rows) -> Rows:
        return replace(rows, score=self.fitted.predict_proba(self._inputs(rows))[:, 1])


@dataclass(frozen=True)
class World:
    """A pool of rows, what they are called, and the model that answers."""

    title: str
    names: Names
    rows: Rows
    model: Model


@dataclass(frozen=True)
class History:
    """Rows in their own order; at row `change` something changed, or, where `control`, nothing that rows can show."""

    title: str
    names: Names
    rows: Rows
    change: int
    control: bool = False


def table(records: Iterable[Mapping[Any, Any]], num: Sequence[str], cat: Sequence[str] = ()) -> tuple[Names, Rows]:
    """Records as columns; an empty text is missing. No scores yet."""
    records = list(records)
    numbers = np.array([[float(r[name]) if r[name] != "" else np.nan for name in num] for r in records])
    vocabularies = tuple(tuple(sorted({str(r[name]) for r in records if r[name] != ""})) for name in cat)
    places = [{value: i for i, value in enumerate(vocabulary)} for vocabulary in vocabularies]
    codes = np.array([[places[j].get(str(r[name]), -1) for j, name in enumerate(cat)] for r in records], dtype=np.int64)
    names = Names(tuple(num), tuple(cat), vocabularies)
    n = len(records)
    return names, Rows(numbers.reshape(n, -1), codes.reshape(n, -1), np.zeros(n), np.full(n, -1))


def _read(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def labelled(rows: Rows, rng: np.random.Generator) -> Rows:
    """Rows with labels by which one answer in ten is wrong, whatever the model is worth."""
    wrong = rng.random(len(rows)) < WRONG
    return replace(rows, label=((rows.score > 0.5) ^ wrong).astype(np.int64))


def _world(
    title: str, records: Sequence[Mapping[Any, Any]], label: Ints, num: Sequence[str], cat: Sequence[str] = ()
) -> World:
    names, rows = table(records, num, cat)
    model = Model(names, rows, label)
    rows = model.answer(rows)
    return World(title, names, labelled(rows, np.random.default_rng(3)), model)


def image_segments() -> World:
    """2,310 pieces of outdoor pictures, 16 measurements; the model tells three of seven kinds from the rest."""
    pairs = list(datasets.ImageSegments())
    some = sorted({y for _, y in pairs})[:3]
    constant = ("short-line-density-5", "short-line-density-2")
    num = [name for name in pairs[0][0] if name not in constant]
    return _world("ImageSegments", [x for x, _ in pairs], np.array([y in some for _, y in pairs], dtype=int), num)


def agrawal() -> World:
    """20,000 applicants for loans, six numbers and three categories, from River's generator."""
    pairs = list(islice(synth.Agrawal(classification_function=2, seed=1), 20_000))
    num = ("salary", "commission", "age", "hvalue", "hyears", "loan")
    records = [x | {name: f"{name} {x[name]}" for name in ("elevel", "car", "zipcode")} for x, _ in pairs]
    return _world("Agrawal", records, np.array([y for _, y in pairs]), num, ("elevel", "car", "zipcode"))


def car_loan() -> World:
    """50,000 loans before their drift."""
    records = list(_read(LOAN / "synthetic_car_loan_reference.csv.gz"))
    label = np.array([float(r["repaid"]) > 0.5 for r in records], dtype=int)
    return _world("car loan", records, label, LOAN_NUMBERS, LOAN_TEXTS)


def bank() -> World:
    """45,211 calls of a bank."""
    records = list(_read(BANK))
    return _world("bank", records, np.array([r["y"] == "yes" for r in records], dtype=int), BANK_NUMBERS, BANK_TEXTS)


def elec2_history() -> History:
    """Half hours of an electricity market; three columns stand still until row 17,424."""
    records = list(_read(ELEC2))
    num = ("period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer")
    names, rows = table(records, num)
    model = Model(names, rows.take(slice(0, 10_000)), np.array([int(r["class"]) for r in records[:10_000]]))
    return History("Elec2: three columns come alive", names, model.answer(rows), 17_424)


def loan_history(file: str, title: str) -> History:
    """25,000 of the reference, then the 50,000 analysed, which change after 25,000 of them."""
    before = list(_read(LOAN / "synthetic_car_loan_reference.csv.gz"))[-25_000:]
    after = list(_read(LOAN / f"synthetic_car_loan_{file}.csv.gz"))
    names, rows = table([*before, *after], LOAN_NUMBERS, LOAN_TEXTS)
    label = np.array([float(r["repaid"]) > 0.5 for r in before], dtype=int)
    return History(title, names, Model(names, rows.take(slice(0, 25_000)), label).answer(rows), 50_000)


def bank_history() -> History:
    """Calls in order of their date; from August 2008 on other people are called, and the model is worthless."""
    records = list(_read(BANK))
    names, rows = table(records, BANK_NUMBERS, BANK_TEXTS)
    change = next(i for i, r in enumerate(records) if r["date"] >= "2008-08")
    label = np.array([r["y"] == "yes" for r in records[:change]], dtype=int)
    return History("bank: August 2008", names, Model(names, rows.take(slice(0, change)), label).answer(rows), change)


def _drifting(title: str, first: Any, second: Any, *, control: bool) -> History:
    stream = synth.ConceptDriftStream(first, second, position=30_000, width=500, seed=1)
    pairs = list(islice(stream, 45_000))
    names, rows = table([{f"x{k}": v for k, v in x.items()} for x, _ in pairs], [f"x{k}" for k in pairs[0][0]])
    rows = replace(rows, label=np.array([int(y) for _, y in pairs]))
    model = Model(names, rows.take(slice(0, 10_000)), rows.label[:10_000])
    return History(title, names, model.answer(rows), 30_000, control)


def sea_history() -> History:
    """River's SEA: what the label means changes, and no input does. Nobody can tell but by the labels."""
    return _drifting("SEA: labels only", synth.SEA(0, seed=1), synth.SEA(3, seed=2), control=True)


def rbf_history() -> History:
    """River's RandomRBF: inputs come from other clusters, over some 500 rows."""
    first = synth.RandomRBF(seed_model=1, seed_sample=1, n_features=6, n_centroids=20)
    second = synth.RandomRBF(seed_model=2, seed_sample=2, n_features=6, n_centroids=20)
    return _drifting("RandomRBF: other clusters", first, second, control=False)


WORLDS: dict[str, tuple[Callable[[], World], Path | None]] = {
    "ImageSegments": (image_segments, None),
    "Agrawal": (agrawal, None),
    "car loan": (car_loan, LOAN),
    "bank": (bank, BANK),
}
HISTORIES: dict[str, tuple[Callable[[], History], Path | None]] = {
    "Elec2": (elec2_history, ELEC2),
    "car loan": (lambda: loan_history("analysis", "car loan: three columns"), LOAN),
    "car loan, faults": (lambda: loan_history("dq_analysis", "car loan: faults as well"), LOAN),
    "bank": (bank_history, BANK),
    "RandomRBF": (rbf_history, None),
    "SEA": (sea_history, None),
}
