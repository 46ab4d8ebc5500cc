"""What a file is, by its name and by what stands in it."""

from __future__ import annotations

import pytest

from orchestrator.errors import ExitCode, UsageError
from orchestrator.importing.formats import Format, recognise


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Procfile", Format.PROCFILE),
        ("a/Procfile.dev", Format.PROCFILE),
        ("compose.yaml", Format.COMPOSE),
        ("x/docker-compose.prod.yml", Format.COMPOSE),
        ("compose-dev.yaml", Format.COMPOSE),
        ("broker.zpl", Format.ZDCF),
        ("C:\\x\\broker.ZDCF", Format.ZDCF),
    ],
)
def test_a_name_that_tells_is_enough(name: str, found: Format) -> None:
    assert recognise("", name) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# c\nversion: '3'\nservices:\n  a: {}\n", Format.COMPOSE),
        ('"services": {}\n', Format.COMPOSE),
        ('{"services": {"a": {}}}', Format.COMPOSE),
        ('{"version": 1, "apps": {}}', Format.ZDCF),
        ("{}", Format.ZDCF),
        ('{"broken', Format.ZDCF),
        ("version = 1.0\napps\n    a\n", Format.ZDCF),
        ("apps # c\n    a\n", Format.ZDCF),
        ("web: python x.py\n\n# c\nworker: y\n", Format.PROCFILE),
        ("web: python x.py\r\nworker: y", Format.PROCFILE),
    ],
)
def test_else_the_content_tells(text: str, found: Format) -> None:
    assert recognise(text, "-") is found


@pytest.mark.parametrize(
    "text", ["", "\n# only this\n", "some words\n", "a:\n  b: c\n", "[section]\nx = 1\n"]
)
def test_what_cannot_be_told_has_to_be_said(text: str) -> None:
    with pytest.raises(UsageError) as error:
        recognise(text, "f")
    assert error.value.remedy == "say it: --from zdcf, --from compose, --from procfile"
    assert error.value.exit_code == ExitCode.USAGE


def test_a_topology_is_told_to_be_one() -> None:
    with pytest.raises(UsageError, match="f is a topology file already"):
        recognise("version: 1\nname: x\nnodes: {}\n", "f")


def test_a_long_line_does_not_take_long() -> None:
    with pytest.raises(UsageError):
        recognise("a" * 1_000_000 + "\n" + "b: c\n" * 50_000 + "!", "f")
