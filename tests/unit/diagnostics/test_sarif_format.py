"""SARIF 2.1.0. The schema below holds what the standard says of the objects that we write, and forbids others."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from orchestrator.diagnostics.formats import render
from orchestrator.diagnostics.report import Report
from orchestrator.span import Span


def obj(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


def items(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": schema, **more}


TEXT = {"type": "string", "minLength": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}  # §3.27.10
MESSAGE = obj({"text": TEXT}, {"markdown": TEXT})  # §3.11, §3.12
REGION = obj(  # §3.30
    {key: {"type": "integer", "minimum": 1} for key in ("startLine", "startColumn", "endLine", "endColumn")}
)
ARTIFACT = obj(
    {"uri": {"type": "string", "pattern": r"^[!#-;=?-Z_a-z~%\[\]]+$"}}, {"uriBaseId": TEXT}
)  # §3.4
PHYSICAL = obj({"artifactLocation": ARTIFACT, "region": REGION})  # §3.29
LOGICAL = obj({"fullyQualifiedName": TEXT})  # §3.33
LOCATION = {"physicalLocation": PHYSICAL}  # §3.28
RULE = obj(  # §3.49
    {"id": TEXT},
    {
        "name": TEXT,
        "shortDescription": MESSAGE,
        "fullDescription": MESSAGE,
        "help": MESSAGE,
        "defaultConfiguration": obj({"level": LEVEL}),
        "properties": obj({"tags": items(TEXT, uniqueItems=True)}),
    },
)
REPLACEMENT = obj({"deletedRegion": REGION}, {"insertedContent": obj({"text": {"type": "string"}})})  # §3.57
FIX = obj(  # §3.55, §3.56
    {
        "artifactChanges": items(
            obj({"artifactLocation": ARTIFACT, "replacements": items(REPLACEMENT, minItems=1)}), minItems=1
        )
    },
    {"description": MESSAGE},
)
RESULT = obj(  # §3.27
    {"message": MESSAGE, "ruleId": TEXT},
    {
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "locations": items(obj(LOCATION, {"logicalLocations": items(LOGICAL)})),
        "partialFingerprints": {"type": "object", "additionalProperties": TEXT},
        "relatedLocations": items(
            obj(LOCATION, {"id": {"type": "integer", "minimum": 0}, "message": MESSAGE}), uniqueItems=True
        ),
        "fixes": items(FIX, uniqueItems=True),
    },
)
RUN = obj(  # §3.14
    {"tool": obj({"driver": obj({"name": TEXT}, {"semanticVersion": TEXT, "rules": items(RULE)})})},
    {
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "originalUriBaseIds": {"type": "object", "additionalProperties": obj({}, {"description": MESSAGE})},
        "results": items(RESULT),
    },
)
LOG = obj({"version": {"const": "2.1.0"}, "runs": items(RUN, minItems=1)}, {"$schema": TEXT})  # §3.13


@pytest.fixture
def run(report: Report) -> dict[str, Any]:
    log = json.loads(render("sarif", report))
    jsonschema.Draft202012Validator(LOG).validate(log)
    [run] = log["runs"]
    assert isinstance(run, dict)
    return run


def test_a_log_without_results_is_whole(report: Report) -> None:
    log = json.loads(render("sarif", replace(report, findings=(), rules={})))
    jsonschema.Draft202012Validator(LOG).validate(log)
    assert log["runs"][0]["results"] == []  # an array, not absent: it was looked for, and nothing found


def test_every_result_points_to_its_rule(run: dict[str, Any]) -> None:
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["OWN1", "ZMQ052", "ZMQ131"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_rules_carry_their_page_and_no_link(run: dict[str, Any]) -> None:
    own, known, _ = run["tool"]["driver"]["rules"]
    assert own == {"id": "OWN1"}
    assert known["help"]["markdown"].startswith("# ZMQ052")
    assert known["defaultConfiguration"] == {"level": "error"}
    assert "helpUri" not in known


def test_levels_places_and_related_places(run: dict[str, Any]) -> None:
    first, second, third = run["results"]
    assert [r["level"] for r in run["results"]] == ["error", "warning", "note"]
    assert first["locations"][0] == {
        "physicalLocation": {
            "artifactLocation": {"uri": "work/sub%20dir/a.yaml", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 2, "startColumn": 9, "endLine": 2, "endColumn": 10},
        },
        "logicalLocations": [{"fullyQualifiedName": "nodes.a.sockets.in.connect[0]"}],
    }
    [related] = first["relatedLocations"]
    assert related["message"] == {"text": "`feed.ticks` is here"}
    assert related["physicalLocation"]["region"]["startLine"] == 4
    assert "relatedLocations" not in second
    outside = third["locations"][0]["physicalLocation"]["artifactLocation"]
    assert outside == {"uri": "file:///else/b.yaml"}


def test_fixes_replace_what_they_replace(run: dict[str, Any]) -> None:
    first, second, third = run["results"]
    [fix] = first["fixes"]
    assert fix["description"] == {"text": "Write `feed`"}
    [change] = fix["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 2, "startColumn": 9, "endLine": 2, "endColumn": 10},
            "insertedContent": {"text": "feed"},
        }
    ]
    assert len(second["fixes"][0]["artifactChanges"][0]["replacements"]) == 2
    assert "fixes" not in third


def test_fingerprints_outlive_moved_lines(report: Report, run: dict[str, Any]) -> None:
    first = report.findings[0]
    moved = replace(first, span=Span(first.span.file, 40, 1, 40, 3))
    again = json.loads(render("sarif", replace(report, findings=(moved,))))["runs"][0]["results"][0]
    assert again["partialFingerprints"] == run["results"][0]["partialFingerprints"]


@pytest.mark.parametrize(
    ("file", "uri"),
    [("<stdin>", "%3Cstdin%3E"), ("ä b#?.yaml", "work/%C3%A4%20b%23%3F.yaml")],
)
def test_names_of_files_become_uris(file: str, uri: str, report: Report) -> None:
    odd = replace(report.findings[2], span=Span(file, 1, 1, 1, 2))
    log = json.loads(render("sarif", replace(report, findings=(odd,))))
    jsonschema.Draft202012Validator(LOG).validate(log)
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == uri
