"""Apache Kafka's jars, fetched once by Maven into `.cache/kafka`. Runnable: fetches them and prints the folder.

`MIRQAB_TEST_KAFKA_LIBS` names a folder of jars to use instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

VERSION = "4.1.1"
ROOT = Path(__file__).resolve().parents[2]
HOW = "apt-get install default-jre-headless maven, and a network that reaches Maven's packages"

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>mirqab.tests</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""


class NoKafka(Exception):
    """Java, Maven or the jars are not to be had here; the text says which and why."""


def jars() -> Path:
    """The folder of jars, fetched if it is not there yet. Raises NoKafka."""
    given = os.environ.get("MIRQAB_TEST_KAFKA_LIBS")
    folder = Path(given) if given else ROOT / ".cache" / "kafka" / f"libs-{VERSION}"
    if shutil.which("java") is None:
        raise NoKafka("no `java` on PATH")
    if any(folder.glob(f"kafka_2.13-{VERSION}.jar")):
        return folder
    if given:
        raise NoKafka(f"MIRQAB_TEST_KAFKA_LIBS={given} holds no kafka_2.13-{VERSION}.jar")
    _fetch(folder)
    return folder


def _fetch(folder: Path) -> None:
    """Fetch beside the final place and rename, so that two runs at once do not see half a folder."""
    if shutil.which("mvn") is None:
        raise NoKafka("no `mvn` on PATH to fetch the jars with")
    folder.parent.mkdir(parents=True, exist_ok=True)
    print(f"fetching Apache Kafka {VERSION} with Maven (43 MB, once) ...", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        (Path(temporary) / "pom.xml").write_text(POM)
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={temporary}/libs"]
        try:
            done = subprocess.run(
                ["mvn", "-q", "-B", *goal], cwd=temporary, capture_output=True, text=True, timeout=240, check=False
            )
        except subprocess.TimeoutExpired:
            raise NoKafka("mvn took longer than 240 s to fetch the jars") from None
        if done.returncode != 0:
            raise NoKafka(f"mvn could not fetch the jars: {(done.stdout + done.stderr).strip()[:300]}")
        try:
            (Path(temporary) / "libs").rename(folder)
        except OSError:
            if not folder.exists():  # otherwise somebody else was faster, with the same jars
                raise


if __name__ == "__main__":
    try:
        print(jars())
    except NoKafka as e:
        sys.exit(f"{e}; to get it: {HOW}")
