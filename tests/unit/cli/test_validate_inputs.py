"""`validate`: what the arguments stand for."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path

import pytest

from orchestrator.app.inputs import expand
from orchestrator.cli import main, validate
from orchestrator.errors import ExitCode, UsageError

Capture = pytest.CaptureFixture[str]

GOOD = "version: 1\nname: good\nnodes:\n  a: {command: ./a}\n"
FRAGMENT = "nodes:\n  b: {command: ./b}\n"
COMPOSE = "version: '3'\nname: web\nservices:\n  web: {image: x}\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    for name, text in {
        "a.yaml": GOOD,
        "b.yml": GOOD,
        "compose.yaml": COMPOSE,
        "list.yaml": "- a\n- b\n",
        "empty.yaml": "",
        "notes.txt": GOOD,
        "deep/er/c.yaml": GOOD,
        ".hidden/d.yaml": GOOD,
        "node_modules/e.yaml": GOOD,
        "env/pyvenv.cfg": "",
        "env/lib/f.yaml": GOOD,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def files(*arguments: str) -> list[str]:
    return [one.file for one in expand(arguments).files]


def checked(capsys: Capture, *words: str, code: int = ExitCode.OK) -> list[str]:
    assert main(["validate", "-f", "json", *words]) == code
    found = json.loads(capsys.readouterr().out)["files"]
    assert isinstance(found, list)
    return found


def test_a_directory_stands_for_the_topologies_in_it_and_below() -> None:
    inputs = expand(["."])
    assert [one.file for one in inputs.files] == ["a.yaml", "b.yml", "deep/er/c.yaml"]
    assert inputs.skipped == ["compose.yaml", "empty.yaml", "list.yaml"]


def test_names_are_as_the_user_names_them(project: Path) -> None:
    assert files("deep") == ["deep/er/c.yaml"]
    assert files(str(project / "deep")) == [str(project / "deep/er/c.yaml")]
    assert files("./a.yaml") == ["./a.yaml"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.yaml", ["a.yaml"]),
        ("**/*.yaml", ["a.yaml", "deep/er/c.yaml", "env/lib/f.yaml", "node_modules/e.yaml"]),
        ("deep/**", ["deep/er/c.yaml"]),
        ("[ab].y*ml", ["a.yaml", "b.yml"]),
        ("?.yml", ["b.yml"]),
    ],
)
def test_patterns(pattern: str, found: list[str]) -> None:
    assert files(pattern) == found


def test_a_file_may_be_named_like_a_pattern(project: Path) -> None:
    (project / "x[1].yaml").write_text(GOOD)
    assert files("x[1].yaml") == ["x[1].yaml"]


def test_a_file_is_checked_once() -> None:
    assert files("a.yaml", ".", "./a.yaml", "*.yaml") == ["a.yaml", "b.yml", "deep/er/c.yaml"]


def test_links_in_a_circle_end(project: Path) -> None:
    (project / "deep" / "up").symlink_to(project)
    assert files("deep") == ["deep/er/c.yaml"]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("nodes: {}", True),
        ("version: 1\nname: x\n", True),
        ("include: [a.yaml]\nversion: 1\n", True),
        ('"nodes":\n  a: 1', True),
        ("x: 1\nnodes: [", True),
        ("endpoints:\n  a: 1", True),
        ("include: [a.yaml]\nservices: {}", False),
        ("apiVersion: v1\nkind: Pod\n", False),
        ("spec:\n  nodes: 3\n", False),
        ("# nodes: x\n", False),
        ("nodes:x\n", False),
    ],
)
def test_what_looks_like_a_topology(text: str, is_one: bool, project: Path) -> None:
    only = project / "only"
    only.mkdir()
    (only / "t.yaml").write_text(text)
    if is_one:
        assert files("only") == ["only/t.yaml"]
    else:
        with pytest.raises(UsageError, match="no topology there"):
            expand(["only"])


def test_whatever_is_named_is_checked(capsys: Capture) -> None:
    assert checked(capsys, "compose.yaml", code=1) == ["compose.yaml"]


@pytest.mark.parametrize(
    ("argument", "told"),
    [("nothing/*.yaml", "no .yaml or .yml file there"), ("deep/../env", "no .yaml or .yml")],
)
def test_nothing_found_is_a_question_of_usage(
    argument: str, told: str, project: Path, capsys: Capture
) -> None:
    (project / "env" / "lib" / "f.yaml").unlink()
    assert main(["validate", argument]) == ExitCode.USAGE
    assert told in capsys.readouterr().err


def test_a_file_that_is_not_there_is_a_finding(capsys: Capture) -> None:
    assert main(["validate", "nothing.yaml", "a.yaml"]) == ExitCode.FINDINGS
    assert "error[ZMQ001]: there is no file `nothing.yaml`" in capsys.readouterr().out


def test_fragments_are_checked_with_those_who_include_them(project: Path, capsys: Capture) -> None:
    (project / "deep" / "er" / "part.yaml").write_text(FRAGMENT)
    assert checked(capsys, "deep", code=1) == ["deep/er/c.yaml", "deep/er/part.yaml"]
    (project / "deep" / "er" / "c.yaml").write_text("include: [part.yaml]\n" + GOOD)
    assert checked(capsys, "deep") == ["deep/er/c.yaml"]
    assert checked(capsys, "deep/er/part.yaml", code=1) == ["deep/er/part.yaml"], "who names it means it"
    assert len(checked(capsys, "deep/er/c.yaml", "deep/er/part.yaml", code=1)) == 2
    (project / "deep" / "er" / "part.yaml").write_text("version: 1\nname: own\n" + FRAGMENT)
    assert checked(capsys, "deep") == ["deep/er/c.yaml", "deep/er/part.yaml"]


def test_the_summary_names_what_was_skipped(capsys: Capture) -> None:
    assert main(["validate", "."]) == ExitCode.OK
    assert capsys.readouterr().out.endswith(
        "Skipped 3 YAML files of another kind: compose.yaml, empty.yaml, list.yaml\n"
    )


def test_many_clean_files_are_counted(project: Path, capsys: Capture) -> None:
    for number in range(20):
        (project / "deep" / f"{number}.yaml").write_text(GOOD)
    assert main(["validate", "deep"]) == ExitCode.OK
    assert capsys.readouterr().out.splitlines()[10:] == ["11 more files, no findings"]


# ---------------------------------------------------------------------- standard input


def stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    stdin(monkeypatch, "version: 1\nname: [\n")
    assert main(["validate", "-", "-f", "concise", "-q"]) == ExitCode.FINDINGS
    assert capsys.readouterr().out.startswith("<stdin>:")


def test_standard_input_under_a_name_stands_where_the_name_says(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (project / "deep" / "part.yaml").write_text(FRAGMENT)
    (project / "deep" / "orchestrator.toml").write_text("fail-on = 'never'")
    stdin(monkeypatch, "include: [part.yaml]\n" + GOOD + "nodez: 1\n")
    words = ["validate", "-", "--stdin-filename", "deep/new.yaml", "-f", "concise", "-q"]
    assert main(words) == ExitCode.OK
    assert capsys.readouterr().out.startswith("deep/new.yaml:6:1: error: ")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-", "-"], "standard input can be read once only"),
        (["a.yaml", "--stdin-filename", "b.yaml"], "--stdin-filename without standard input"),
        (["a.yaml", "--statistics", "-f", "json"], "--statistics is for people"),
    ],
)
def test_arguments_that_do_not_go_together(words: list[str], told: str, capsys: Capture) -> None:
    assert main(["validate", *words]) == ExitCode.USAGE
    assert told in capsys.readouterr().err


# ---------------------------------------------------------------------- statistics


def test_statistics_in_place_of_findings(project: Path, capsys: Capture) -> None:
    sockets = "".join(f"      s{n}: {{type: PUB, bind: 'tcp://localhost:{n + 1}'}}\n" for n in range(10))
    (project / "a.yaml").write_text(f"{GOOD}  b:\n    command: ./b\n    sockets:\n{sockets}  a: {{}}\n")
    words = ["a.yaml", "--select", "ZMQ308", "--statistics"]
    assert main(["validate", *words, "-q"]) == ExitCode.FINDINGS
    assert capsys.readouterr().out == ("1  ZMQ007  error  duplicate-key\n1  ZMQ308  note   bind-localhost\n")
    assert main(["validate", *words]) == ExitCode.FINDINGS
    assert capsys.readouterr().out.endswith("\n\nFound 1 error and 1 note in 1 file.\n")


def test_every_argument_is_on_the_page() -> None:
    parser = argparse.ArgumentParser()
    validate.add_arguments(parser)
    page = (Path(__file__).parents[3] / "docs" / "reference" / "validate.md").read_text(encoding="utf-8")
    words = {word for action in parser._actions for word in action.option_strings} - {"-h", "--help"}
    assert words
    assert [word for word in sorted(words) if f"`{word}" not in page] == []
