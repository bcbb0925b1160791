"""What every command has in common: a mistyped option is answered with the usage of the command it was given to."""

from __future__ import annotations

import pytest

from streams import cli


@pytest.mark.parametrize(
    ("words", "usage"),
    [
        (["rates", "--bogus"], "usage: mirqab rates "),
        (["replay", "--stored", "--bogus"], "usage: mirqab replay "),
        (["baseline", "show", "--bogus"], "usage: mirqab baseline show "),
        (["baseline", "show", "m", "more", "--json"], "usage: mirqab baseline show "),
    ],
    ids=" ".join,
)
def test_an_unknown_option_shows_its_commands_usage(
    words: list[str], usage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert said.err.startswith(usage)
    assert "unrecognized arguments: " in said.err


def test_a_command_is_found_without_the_others() -> None:
    assert list(cli.commands("rates")) == ["rates"]
    assert {"rates", "grafana"} < set(cli.commands("raets")) == set(cli.commands())
