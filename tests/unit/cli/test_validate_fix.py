"""`validate --fix` and `--diff`, as their users see them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from orchestrator.cli import main
from orchestrator.errors import ExitCode

Capture = pytest.CaptureFixture[str]

GOOD = "version: 1\nname: t\nnodes:\n  a: {command: ./a}\n"
IDLE = "  # orchestrator: ignore[ZMQ131] it waits"
IDLE_TEXT = GOOD.removesuffix("\n") + IDLE + "\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    (tmp_path / "a.yaml").write_text(IDLE_TEXT)
    return tmp_path


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def run(capsys: Capture, *words: str) -> tuple[int, str, str]:
    code = main(["validate", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_what_can_be_fixed_is_marked_and_counted(capsys: Capture) -> None:
    _, out, _ = run(capsys, "a.yaml")
    assert out.startswith("warning[ZMQ901][*]: there is no finding")
    assert "\n1 fixable with --fix.\n" in out
    _, out, _ = run(capsys, "a.yaml", "-f", "concise")
    assert out.startswith("a.yaml:4:22: warning: [*] there is no finding")


def test_fix_writes_the_file_and_says_how_much_it_fixed(project: Path, capsys: Capture) -> None:
    assert run(capsys, "a.yaml", "--fix") == (
        ExitCode.OK,
        "a.yaml: t, 1 node, 0 links, no findings\nFixed 1 finding in 1 file.\n",
        "",
    )
    assert (project / "a.yaml").read_text() == GOOD
    assert run(capsys, "a.yaml", "--fix", "-q") == (ExitCode.OK, "", "")


def test_the_rest_of_the_file_keeps_every_byte(project: Path, capsys: Capture) -> None:
    data = b"\xef\xbb\xbf" + IDLE_TEXT.replace("\n", "\r\n").encode() + "#\tä \t".encode()
    (project / "a.yaml").write_bytes(data)
    run(capsys, "a.yaml", "--fix")
    assert (project / "a.yaml").read_bytes() == data.replace(IDLE.encode(), b"")


def test_diff_changes_nothing_and_exits_with_1(project: Path, capsys: Capture) -> None:
    (project / "b.yaml").write_text(GOOD + "extra: 1\n")
    code, out, err = run(capsys, ".", "--diff")
    assert code == ExitCode.FINDINGS
    assert out == (
        f"--- a.yaml\n+++ a.yaml\n@@ -1,4 +1,4 @@\n version: 1\n name: t\n nodes:\n"
        f"-  a: {{command: ./a}}{IDLE}\n+  a: {{command: ./a}}\n"
    )
    assert err == "Would fix 1 finding in 1 file.\n"
    assert (project / "a.yaml").read_text() == IDLE_TEXT
    assert run(capsys, "b.yaml", "--diff") == (ExitCode.OK, "", "")
    assert "\x1b[31m-  a:" in run(capsys, ".", "--diff", "--color", "always")[1]


def test_standard_input_is_fixed_to_standard_output(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = b"# orchestrator: ignore[ZMQ131]\r\n"
    stdin(monkeypatch, b"\xef\xbb\xbf" + IDLE_TEXT.encode() + odd)
    assert main(["validate", "--fix", "-", "-f", "concise", "--fail-on", "warning"]) == ExitCode.FINDINGS
    told = capfdbinary.readouterr()
    assert told.out == b"\xef\xbb\xbf" + GOOD.encode() + odd
    assert told.err.startswith(b"<stdin>:5:1: warning: this comment gives no reason")
    assert told.err.endswith(b"Fixed 1 finding in 1 file.\n")


@pytest.mark.parametrize("data", [GOOD.encode(), b"\xff no text", b"", b"nodes: [\n"])
def test_what_can_not_be_fixed_goes_through(data: bytes, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    stdin(monkeypatch, data)
    main(["validate", "--fix", "-"])
    assert capfdbinary.readouterr().out == data


def test_the_file_that_standard_input_is_called_after_is_left_alone(
    project: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin(monkeypatch, IDLE_TEXT.encode())
    code, out, err = run(capsys, "--fix", "-", "--stdin-filename", "a.yaml")
    assert (code, out) == (ExitCode.OK, GOOD)
    assert "Fixed 1 finding in 1 file." in err
    assert (project / "a.yaml").read_text() == IDLE_TEXT
    stdin(monkeypatch, IDLE_TEXT.encode())
    assert run(capsys, "--diff", "-", "--stdin-filename", "a.yaml")[1].startswith("--- -\n+++ -\n")


def test_an_included_file_is_fixed_in_its_own_place(project: Path, capsys: Capture) -> None:
    (project / "parts").mkdir()
    (project / "parts/p.yaml").write_text("nodes:\n  p: {command: ./p, replicas: '3'}\n")
    (project / "a.yaml").write_text("include: parts/p.yaml\n" + IDLE_TEXT)
    assert "Fixed 2 findings in 2 files." in run(capsys, ".", "--fix")[1]
    assert (project / "parts/p.yaml").read_text() == "nodes:\n  p: {command: ./p, replicas: 3}\n"
    assert (project / "a.yaml").read_text() == "include: parts/p.yaml\n" + GOOD


def test_a_file_that_is_read_only_is_an_error(project: Path, capsys: Capture) -> None:
    (project / "a.yaml").chmod(0o444)
    code, out, err = run(capsys, "a.yaml", "--fix")
    assert (code, out) == (ExitCode.USAGE, "")
    assert "a.yaml is read-only" in err
    assert (project / "a.yaml").read_text() == IDLE_TEXT


def test_formats_for_programs_tell_what_is_left(capsys: Capture) -> None:
    code, out, err = run(capsys, "a.yaml", "--fix", "-f", "json")
    assert code == ExitCode.OK
    assert json.loads(out)["findings"] == []
    assert err == "Fixed 1 finding in 1 file.\n"


def test_what_is_known_from_the_baseline_is_not_fixed(project: Path, capsys: Capture) -> None:
    run(capsys, "a.yaml", "--baseline", "known.json", "--write-baseline")
    run(capsys, "a.yaml", "--baseline", "known.json", "--fix")
    assert (project / "a.yaml").read_text() == IDLE_TEXT


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--unsafe-fixes", "--unsafe-fixes without --fix or --diff"),
        ("--fix --watch", "--watch and --fix"),
        ("--diff --watch", "--watch and --diff"),
        ("--diff -f json", "--format does not go with it"),
        ("--diff -o json=x", "--output does not go with it"),
        ("--diff --statistics", "--statistics does not go with it"),
        ("--diff --write-baseline --baseline b", "--write-baseline does not go with it"),
    ],
)
def test_arguments_that_do_not_go_together(words: str, message: str, capsys: Capture) -> None:
    code, _, err = run(capsys, "a.yaml", *words.split())
    assert code == ExitCode.USAGE
    assert message in err


def test_unsafe_fixes_are_counted_apart_and_applied_when_asked_for(project: Path, capsys: Capture) -> None:
    odd = "    replcias: 2\n    expendable: yes\n"
    node = "version: 1\nname: t\nnodes:\n  a:\n    command: ./a\n"
    (project / "a.yaml").write_text(node + odd)
    assert "\n1 fixable with --fix (1 more with --unsafe-fixes).\n" in run(capsys, "a.yaml")[1]
    code, out, _ = run(capsys, "a.yaml", "--fix")
    assert code == ExitCode.FINDINGS
    assert "1 fixable with --fix --unsafe-fixes.\n" in out
    assert (project / "a.yaml").read_text() == node + odd.replace("yes", "true")
    code, out, _ = run(capsys, "a.yaml", "--fix", "--unsafe-fixes")
    assert code == ExitCode.OK
    assert (project / "a.yaml").read_text() == node + "    replicas: 2\n    expendable: true\n"
    assert "fixable" not in out


def test_a_fix_that_would_make_an_error_is_left_out_and_told(project: Path, capsys: Capture) -> None:
    text = "version: 1\nname: t\nnodes:\n  a:\n    command: ./a\n    replcias: 2\n    relpicas: 2\n"
    (project / "a.yaml").write_text(text)
    code, out, err = run(capsys, "a.yaml", "--fix", "--unsafe-fixes")
    assert code == ExitCode.FINDINGS
    assert (project / "a.yaml").read_text() == text.replace("replcias", "replicas")
    assert "Fixed 1 finding in 1 file." in out
    assert err.startswith("a.yaml:7:5: ZMQ030: its fix is left out: there would be a new error: a.yaml:7:5: ")


def test_fixes_are_in_the_formats_for_programs(project: Path, capsys: Capture) -> None:
    (project / "a.yaml").write_text(GOOD.replace("./a}", "./a, expendable: yes}"))
    [finding] = json.loads(run(capsys, "a.yaml", "-f", "json")[1])["findings"]
    assert finding["fix"]["safe"] is True
    assert [edit["text"] for edit in finding["fix"]["edits"]] == ["true"]
    [result] = json.loads(run(capsys, "a.yaml", "-f", "sarif")[1])["runs"][0]["results"]
    [change] = result["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"]["text"] == "true"
