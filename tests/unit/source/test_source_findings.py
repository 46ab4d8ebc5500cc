"""What reading has to say about a file: each mistake one finding, with its code and its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.diagnostics import Diagnostic
from orchestrator.source import Reading, read_document

HEAD = "version: 1\nname: t\n"


def read(text: str, **environ: str) -> Reading:
    return read_document("t.yaml", text=text, environ=environ)


def places(findings: tuple[Diagnostic, ...]) -> list[tuple[str, int, int]]:
    return [(d.code, d.span.line, d.span.column) for d in findings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n  b: 1\n   c: 2\n", ("ZMQ003", 3, 5)),
        ("a: b: c\n", ("ZMQ003", 1, 5)),
        ("a: [1, 2\nb: 3\n", ("ZMQ003", 2, 2)),
        ("a: 'x\n", ("ZMQ003", 1, 4)),
        ('a: "\\q"\n', ("ZMQ003", 1, 5)),
        ("a: *nobody\n", ("ZMQ003", 1, 4)),
        ("a: @x\n", ("ZMQ003", 1, 4)),
        ("a: {b: c}}\n", ("ZMQ003", 1, 10)),
        ("a:\n\tb: 1\n", ("ZMQ004", 2, 1)),
        ("a: 1\n---\nb: 2\n", ("ZMQ005", 2, 1)),
        ("", ("ZMQ006", 1, 1)),
        ("# only a comment\n", ("ZMQ006", 1, 1)),
        ("- a\n- b\n", ("ZMQ006", 1, 1)),
        ("just words\n", ("ZMQ006", 1, 1)),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", ("ZMQ007", 4, 3)),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", ("ZMQ008", 3, 3)),
        ("a:\n  1: x\n", ("ZMQ009", 2, 3)),
        ("a:\n  ? [x]\n  : y\n", ("ZMQ009", 2, 5)),
        ("a:\n  ~: y\n", ("ZMQ009", 2, 3)),
        ("a:\n  true: y\n", ("ZMQ009", 2, 3)),
        ("a: &x\n  b: *x\n", ("ZMQ011", 1, 4)),
        ("a: !mine x\n", ("ZMQ013", 1, 4)),
        ("a: !!python/object:os.system x\n", ("ZMQ013", 1, 4)),
        ("a: !!int x\n", ("ZMQ013", 1, 4)),
        ("a: !!set {b: }\n", ("ZMQ013", 1, 4)),
        ("a: tcp://${HOST}:1\n", ("ZMQ014", 1, 10)),
        ('a: "x ${HOST}"\n', ("ZMQ014", 1, 7)),
        ("a: |\n  one\n  two ${HOST}\n", ("ZMQ014", 3, 7)),
        ("a: ${HOST\n", ("ZMQ015", 1, 4)),
    ],
)
def test_one_mistake_is_one_finding_at_its_place(text: str, expected: tuple[str, int, int]) -> None:
    assert places(read(text).diagnostics) == [expected]


def test_a_duplicate_key_shows_both_places() -> None:
    (finding,) = read("nodes:\n  feed: 1\n  other: 2\n  feed: 3\n").diagnostics
    assert (finding.span.line, finding.related[0].span.line) == (4, 2)


def test_all_mistakes_are_told_in_one_run() -> None:
    text = "a: ${A}\nb: ${B}\nc: 1\nc: 2\nd: {1: x}\n"
    assert [code for code, *_ in places(read(text).diagnostics)] == ["ZMQ014", "ZMQ014", "ZMQ007", "ZMQ009"]


def test_a_quoted_merge_key_is_a_plain_key() -> None:
    reading = read('a: {"<<": 1}\n')
    assert reading.diagnostics == ()
    assert reading.document is not None
    assert reading.document.data == {"a": {"<<": 1}}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 5_000,
        "- " * 5_000 + "x",
        "? " * 3_000 + "x",
        "\n".join(" " * i + f"k{i}:" for i in range(3_000)),
        "a: " + "[" * 101 + "]" * 101,
    ],
    ids=["brackets", "braces", "list items", "complex keys", "indentation", "one too many"],
)
def test_endless_nesting_is_refused_and_breaks_nothing(text: str) -> None:
    (finding,) = read(text).diagnostics
    assert finding.code in ("ZMQ012", "ZMQ003")  # libyaml has limits of its own


def test_deep_but_bearable_nesting_is_read() -> None:
    assert read("a: " + "[" * 99 + "]" * 99).diagnostics == ()


def test_brackets_in_texts_are_no_nesting() -> None:
    assert read('a: "' + "[" * 5_000 + '"').diagnostics == ()


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    (finding,) = read("\n".join(lines)).diagnostics
    assert finding.code == "ZMQ010"


def test_aliases_are_written_out() -> None:
    reading = read("a: &x {b: [1]}\nc: *x\n")
    assert reading.document is not None
    assert reading.document.data == {"a": {"b": [1]}, "c": {"b": [1]}}


def test_variables_give_numbers_and_stay_out_of_keys() -> None:
    reading = read("n: ${N}\nq: '${N}'\nlist: ['${N:-x}', \"a${N}\"]\n${N}: k\n", N="3")
    assert reading.document is not None
    assert reading.document.data == {"n": 3, "q": "3", "list": ["3", "a3"], "${N}": "k"}


@pytest.mark.parametrize(
    ("data", "code", "line", "column"),
    [
        (b"a: \xff\n", "ZMQ002", 1, 4),
        (b"a: 1\nb: \xc3\x28\n", "ZMQ002", 2, 4),
        ("a: 1".encode("utf-16"), "ZMQ002", 1, 1),
        (b"\x7fELF\x02\x01\0\0\0\xff", "ZMQ002", 1, 10),
        (b"a: \x07\n", "ZMQ002", 1, 4),
        (b"", "ZMQ006", 1, 1),
    ],
)
def test_bytes_that_are_no_text(tmp_path: Path, data: bytes, code: str, line: int, column: int) -> None:
    file = tmp_path / "t.yaml"
    file.write_bytes(data)
    findings = read_document(str(file), environ={}).diagnostics
    assert places(findings) == [(code, line, column)]


def test_a_byte_order_mark_and_dos_lines_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_bytes(b"\xef\xbb\xbfname: t\r\nb: 2\r\n")
    reading = read_document(str(file), environ={})
    assert reading.document is not None
    assert reading.document.data == {"name": "t", "b": 2}
    assert str(reading.document.place(("name",))) == f"{file}:1:7"


def test_missing_files_and_directories_are_findings(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "none.yaml"):
        reading = read_document(str(file), environ={})
        assert reading.document is None
        assert [d.code for d in reading.diagnostics] == ["ZMQ001"]


def test_dotenv_next_to_the_file_yields_to_the_environment(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=file\nB=file\n")
    (tmp_path / "t.yaml").write_text("a: ${A}\nb: ${B}\n")
    reading = read_document(str(tmp_path / "t.yaml"), environ={"A": "environment"})
    assert reading.document is not None
    assert reading.document.data == {"a": "environment", "b": "file"}


def test_a_broken_dotenv_is_told_with_its_own_text(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("nonsense\n")
    (tmp_path / "t.yaml").write_text("a: 1\n")
    reading = read_document(str(tmp_path / "t.yaml"), environ={})
    (finding,) = reading.diagnostics
    assert finding.code == "ZMQ016"
    assert reading.sources[finding.span.file] == "nonsense\n"
