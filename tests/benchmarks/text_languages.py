"""`.venv/bin/python tests/benchmarks/text_languages.py` prints what is seen of the same attacks in other languages.

The texts are those of `text_languages.toml`, twelve attacks and twelve honest ones in each, at the shipped 0.5.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitors.text import score
from monitors.text.injection import ATTACK


def main(show: bool) -> None:
    of = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    print("| language | attacks seen | honest texts called attacks |\n|---|---:|---:|")
    for language, texts in of.items():
        hits, false = ([score(text) >= ATTACK for text in texts[kind]] for kind in ("attacks", "honest"))
        print(f"| {language} | {sum(hits)} of {len(hits)} | {sum(false)} of {len(false)} |")
        if show:
            wrong = [t for t, hit in zip(texts["attacks"], hits, strict=True) if not hit]
            wrong += [t for t, hit in zip(texts["honest"], false, strict=True) if hit]
            print("\n".join(f"  {score(text):.2f} {text}" for text in wrong))


if __name__ == "__main__":
    main("--show" in sys.argv)
