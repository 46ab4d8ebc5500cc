"""`validate`: what goes to standard output and into files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.cli import main
from orchestrator.errors import ExitCode

Capture = pytest.CaptureFixture[str]

WRONG = """\
version: 1
name: wrong
nodes:
  feed:
    command: ./feed
    sockets:
      ticks: {type: PUB, bind: tcp://127.0.0.1:5556}
  strategy:
    command: ./strategy
    sockets:
      ticks: {type: PULL, connect: feed.ticks}
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "wrong.yaml").write_text(WRONG)
    return tmp_path


def test_text_is_the_default_and_closes_with_a_summary(capsys: Capture) -> None:
    assert main(["validate", "wrong.yaml"]) == ExitCode.FINDINGS
    shown = capsys.readouterr().out
    assert shown.startswith("error[ZMQ101]")
    assert shown.endswith("\nFound 1 error in 1 file.\n")


def test_a_format_for_programs_has_no_summary(capsys: Capture) -> None:
    assert main(["validate", "wrong.yaml", "--format", "json"]) == ExitCode.FINDINGS
    data = json.loads(capsys.readouterr().out)
    assert [finding["code"] for finding in data["findings"]] == ["ZMQ101"]
    assert data["findings"][0]["name"] == "incompatible-types"


def test_several_outputs_in_one_run(project: Path, capsys: Capture) -> None:
    words = ["-o", "sarif=report.sarif", "--output", "junit=out.xml", "-f", "concise"]
    assert main(["validate", "wrong.yaml", *words]) == ExitCode.FINDINGS
    shown = capsys.readouterr().out
    assert shown.startswith("wrong.yaml:11:36: error: ")
    assert shown.endswith("Found 1 error in 1 file.\n")
    assert json.loads((project / "report.sarif").read_text())["version"] == "2.1.0"
    assert (project / "out.xml").read_text().startswith("<?xml")


def test_a_text_file_has_no_colours(project: Path, capsys: Capture) -> None:
    main(["validate", "wrong.yaml", "--color", "always", "--output", "text=out.txt"])
    assert "\x1b[" in capsys.readouterr().out
    assert "\x1b[" not in (project / "out.txt").read_text()


def test_a_format_may_go_to_standard_output_by_output_too(capsys: Capture) -> None:
    main(["validate", "wrong.yaml", "-o", "jsonl=-"])
    assert json.loads(capsys.readouterr().out)["code"] == "ZMQ101"


@pytest.mark.parametrize("shown", ["text", "concise"])
def test_github_gets_annotations_beside_what_people_read(
    shown: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    main(["validate", "wrong.yaml", "--format", shown])
    told = capsys.readouterr().out
    assert "Found 1 error" in told
    assert told.splitlines()[-1].startswith("::error file=wrong.yaml,line=11,")


@pytest.mark.parametrize("words", [["-f", "json"], ["-o", "github=notes.txt"]])
def test_github_gets_none_where_they_would_be_twice_or_in_the_way(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    main(["validate", "wrong.yaml", *words])
    assert "::error" not in capsys.readouterr().out


def test_github_wants_files_from_the_root_of_the_checkout(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (project / "sub").mkdir()
    (project / "sub" / "wrong.yaml").write_text(WRONG)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project))
    monkeypatch.chdir(project / "sub")
    main(["validate", "wrong.yaml", "-f", "github"])
    assert capsys.readouterr().out.startswith("::error file=sub/wrong.yaml,")


def test_the_root_of_the_repository_is_where_git_is(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (project / ".git").mkdir()
    (project / "sub").mkdir()
    monkeypatch.chdir(project / "sub")
    main(["validate", "../wrong.yaml", "-f", "gitlab"])
    assert json.loads(capsys.readouterr().out)[0]["location"]["path"] == "wrong.yaml"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-f", "sarfi"], "did you mean sarif?"),
        (["-o", "report.sarif"], "write FORMAT=FILE"),
        (["-o", "sarif="], "write FORMAT=FILE"),
        (["-o", "srif=x"], "there is no format 'srif'"),
        (["-o", "json=x", "-o", "sarif=x"], "x would be written twice"),
        (["-f", "json", "-o", "sarif=-"], "standard output has a format already"),
        (["-o", "json=no/such/dir/x"], "no/such/dir/x can't be written: No such file"),
    ],
)
def test_what_cannot_be_written_is_a_question_of_usage(words: list[str], told: str, capsys: Capture) -> None:
    assert main(["validate", "wrong.yaml", *words]) == ExitCode.USAGE
    assert told in capsys.readouterr().err
