"""What other programs read: each format holds every finding, in the form its readers ask for."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pytest

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.diagnostics.formats import FORMATS, render
from orchestrator.diagnostics.report import Report, identities
from orchestrator.span import Span


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_with_a_line_end_and_repeats_itself(name: str, report: Report) -> None:
    assert render(name, report).endswith("\n")
    assert render(name, report) == render(name, report)


@pytest.mark.parametrize("name", FORMATS)
def test_a_run_without_findings(name: str, report: Report) -> None:
    text = render(name, replace(report, findings=(), rules={}))
    assert "OWN1" not in text
    if name in ("json", "sarif", "gitlab", "rdjson"):
        json.loads(text)
    elif name == "junit":
        ElementTree.fromstring(text)
    else:
        assert text == ""


def test_formats_are_the_modules_that_are_there() -> None:
    directory = Path(import_module("orchestrator.diagnostics").__file__ or "").parent
    offered = {p.stem for p in directory.glob("*.py") if "\ndef render(report: Report)" in p.read_text()}
    assert offered == set(FORMATS)


# ---------------------------------------------------------------------- for people and editors


def test_concise_is_a_line_per_finding_without_control_characters(report: Report) -> None:
    assert render("concise", report).splitlines() == [
        'sub dir/a.yaml:2:9: error: [*] there is no `fed`, 100% sure: <a> & "b", c [ZMQ052]',
        "sub dir/a.yaml:3:3: warning: too early \N{REPLACEMENT CHARACTER} [ZMQ131]",
        "/else/b.yaml:1:1: note: as you like [OWN1]",
    ]


def test_text_has_no_colours_and_both_places(report: Report) -> None:
    text = render("text", report)
    assert "\x1b" not in text
    assert "::: sub dir/a.yaml:4:9" in text


# ---------------------------------------------------------------------- json


def test_json_holds_all_of_a_finding(report: Report) -> None:
    data = json.loads(render("json", report))
    assert data["version"] == 1
    assert data["tool"] == {"name": "orchestrator", "version": "1.2.3"}
    assert data["files"] == ["sub dir/a.yaml", "/else/b.yaml", "clean.yaml"]
    assert data["summary"] == {"error": 1, "warning": 1, "note": 1}
    assert data["findings"][0] == {
        "code": "ZMQ052",
        "name": "unknown-address",
        "severity": "error",
        "message": 'there is no `fed`, 100% sure: <a> & "b", c',
        "help": "did you mean `feed`?\nor `food`?",
        "file": "sub dir/a.yaml",
        "start": {"line": 2, "column": 9},
        "end": {"line": 2, "column": 10},
        "path": ["nodes", "a", "sockets", "in", "connect", 0],
        "related": [
            {
                "message": "`feed.ticks` is here",
                "file": "sub dir/a.yaml",
                "start": {"line": 4, "column": 9},
                "end": {"line": 4, "column": 18},
            }
        ],
        "fix": {
            "title": "Write `feed`",
            "safe": True,
            "edits": [
                {
                    "file": "sub dir/a.yaml",
                    "start": {"line": 2, "column": 9},
                    "end": {"line": 2, "column": 10},
                    "text": "feed",
                }
            ],
        },
    }


def test_every_finding_has_the_same_keys(report: Report) -> None:
    first, *others = json.loads(render("json", report))["findings"]
    assert all(list(other) == list(first) for other in others)


def test_json_lines_are_the_findings_with_the_version(report: Report) -> None:
    lines = [json.loads(line) for line in render("jsonl", report).splitlines()]
    assert [line.pop("version") for line in lines] == [1, 1, 1]
    assert lines == json.loads(render("json", report))["findings"]


# ---------------------------------------------------------------------- github


def test_github_escapes_what_would_end_a_property_or_the_message(report: Report) -> None:
    first, second, third = render("github", report).splitlines()
    assert first == (
        "::error file=work/sub dir/a.yaml,line=2,endLine=2,col=9,endColumn=9,title=ZMQ052 unknown-address"
        '::there is no `fed`, 100%25 sure: <a> & "b", c'
        "%0Asub dir/a.yaml:4:9: `feed.ticks` is here%0Ahelp: did you mean `feed`?%0Aor `food`?"
    )
    assert second.startswith("::warning file=work/sub dir/a.yaml,line=3,endLine=4,title=")
    assert third.startswith("::notice file=/else/b.yaml,")


def test_github_escapes_names_of_files(report: Report) -> None:
    odd = replace(report.findings[2], span=Span("a,b:c%.yaml", 1, 1, 1, 2))
    assert "file=work/a%2Cb%3Ac%25.yaml,line" in render("github", replace(report, findings=(odd,)))


# ---------------------------------------------------------------------- gitlab


def test_gitlab_has_the_required_fields(report: Report) -> None:
    issues = json.loads(render("gitlab", report))
    assert [issue["severity"] for issue in issues] == ["major", "minor", "info"]
    assert [issue["location"]["path"] for issue in issues] == [
        "work/sub dir/a.yaml",
        "work/sub dir/a.yaml",
        "/else/b.yaml",
    ]
    assert issues[1]["location"]["lines"] == {"begin": 3, "end": 4}
    for issue in issues:
        assert issue["description"] and issue["check_name"]
        assert len(issue["fingerprint"]) == 32
    assert len({issue["fingerprint"] for issue in issues}) == 3


def test_identities_outlive_moved_lines_and_tell_equal_findings_apart(report: Report) -> None:
    first = report.findings[0]
    moved = replace(first, span=Span("sub dir/a.yaml", 99, 1, 99, 2), message="other words")
    words = identities(replace(report, findings=(first, moved)), str)
    assert words[0] == identities(replace(report, findings=(moved,)), str)[0]
    assert len(set(words)) == 2


# ---------------------------------------------------------------------- junit


def test_junit_counts_and_names(report: Report) -> None:
    root = ElementTree.fromstring(render("junit", report))
    assert root.tag == "testsuites"
    assert (root.get("tests"), root.get("failures")) == ("4", "1")
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["work/sub dir/a.yaml", "/else/b.yaml", "work/clean.yaml"]
    first, second = suites["work/sub dir/a.yaml"]
    assert first.get("name") == "ZMQ052 unknown-address: nodes.a.sockets.in.connect[0]"
    failure = first.find("failure")
    assert failure is not None
    assert failure.get("message") == 'there is no `fed`, 100% sure: <a> & "b", c'
    assert "`feed.ticks` is here" in (failure.text or "")
    assert second.find("failure") is None  # a warning does not fail this run
    assert "too early \N{REPLACEMENT CHARACTER}" in (second.findtext("system-out") or "")
    [passed] = suites["work/clean.yaml"]
    assert (passed.get("name"), len(passed)) == ("no findings", 0)


@pytest.mark.parametrize("failures", [0, 1, 2, 3])
def test_junit_fails_what_fails_the_run(failures: int, report: Report) -> None:
    failed = frozenset(report.findings[:failures])
    root = ElementTree.fromstring(render("junit", replace(report, failed=failed)))
    assert root.get("failures") == str(failures)
    assert len(list(root.iter("failure"))) == failures


def test_junit_gives_every_case_its_own_name(report: Report) -> None:
    twice = (report.findings[1], replace(report.findings[1], message="again"))
    root = ElementTree.fromstring(render("junit", replace(report, findings=twice, files=())))
    names = [case.get("name") for case in root.iter("testcase")]
    assert len(set(names)) == len(names)


# ---------------------------------------------------------------------- rdjson


def test_rdjson_counts_columns_in_bytes(report: Report) -> None:
    data = json.loads(render("rdjson", report))
    assert data["source"] == {"name": "orchestrator"}
    first, second, third = data["diagnostics"]
    assert first["location"]["range"] == {
        "start": {"line": 2, "column": 13},  # `name: ä𐐀`: eight characters, twelve bytes
        "end": {"line": 2, "column": 14},
    }
    assert first["code"] == {"value": "ZMQ052"}
    assert first["suggestions"] == [{"range": first["location"]["range"], "text": "feed"}]
    assert first["related_locations"][0]["location"]["path"] == "work/sub dir/a.yaml"
    assert "suggestions" not in second  # two edits are no suggestion
    assert [d["severity"] for d in data["diagnostics"]] == ["ERROR", "WARNING", "INFO"]
    assert third["location"]["path"] == "/else/b.yaml"


# ---------------------------------------------------------------------- names of files


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("a.yaml", "work/a.yaml"),
        ("../a.yaml", "a.yaml"),
        ("../../a.yaml", "/a.yaml"),
        ("/repo/x/a.yaml", "x/a.yaml"),
        ("/repository/a.yaml", "/repository/a.yaml"),
        ("<stdin>", "<stdin>"),
    ],
)
def test_files_are_named_from_the_root_of_the_repository(file: str, told: str, report: Report) -> None:
    assert report.location(file) == told


def test_without_a_root_files_keep_their_names() -> None:
    assert Report(findings=(), files=()).location("../a.yaml") == "../a.yaml"


def test_a_rule_nobody_knows_is_named_by_its_code(report: Report) -> None:
    own = Diagnostic(code="OWN1", severity=Severity.NOTE, message="x", span=Span("a", 1, 1, 1, 1))
    assert json.loads(render("jsonl", replace(report, findings=(own,))))["name"] == "OWN1"


@pytest.mark.parametrize("name", FORMATS)
def test_a_name_of_bytes_that_are_not_utf8_can_be_told(name: str, report: Report) -> None:
    odd = replace(report.findings[2], span=Span("bad\udcff.yaml", 1, 1, 1, 2))
    text = render(name, replace(report, findings=(odd,), files=("bad\udcff.yaml",)))
    assert b"bad" in text.encode("utf-8")
    if name == "sarif":
        assert "work/bad%FF.yaml" in text


# ---------------------------------------------------------------------- the page


PAGE = Path(__file__).parents[3] / "docs" / "reference" / "findings.md"


def test_the_page_shows_the_form_that_there_is(report: Report) -> None:
    sample = json.loads(PAGE.read_text(encoding="utf-8").split("```json\n")[1].split("```")[0])
    real = json.loads(render("json", report))
    assert list(sample) == list(real)
    assert list(sample["findings"][0]) == list(real["findings"][0])
    assert list(sample["findings"][0]["related"][0]) == list(real["findings"][0]["related"][0])
    assert sample["version"] == real["version"]


def test_the_page_names_every_format() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in FORMATS)
