"""SARIF 2.1.0 (OASIS), as code scanning of GitHub, GitLab, Azure DevOps and editors read it."""

from __future__ import annotations

from typing import Any, Final

from orchestrator.diagnostics import Diagnostic, Fix
from orchestrator.diagnostics.json import dump
from orchestrator.diagnostics.report import TOOL, Report, RuleInfo, dotted, identities, short_digest
from orchestrator.span import Span

_ROOT: Final = "%SRCROOT%"
"""The repository's root by the name that GitHub and Visual Studio know (§3.14.14)."""


def render(report: Report) -> str:
    """A log of one run. Our severities have the names of SARIF's levels."""
    codes = sorted({finding.code for finding in report.findings})
    index = {code: number for number, code in enumerate(codes)}
    words = identities(report, short_digest)
    run: dict[str, Any] = {
        "tool": {"driver": _driver(report, codes)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The repository's root."}}},
        "results": [
            _result(report, finding, index[finding.code], word)
            for finding, word in zip(report.findings, words, strict=True)
        ],
    }
    return dump(
        {
            "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
            "sarif-schema-2.1.0.json",
            "version": "2.1.0",
            "runs": [run],
        },
        indent=2,
    )


def _driver(report: Report, codes: list[str]) -> dict[str, Any]:
    driver: dict[str, Any] = {
        "name": TOOL,
        "rules": [_rule(code, report.rules.get(code)) for code in codes],
    }
    if report.version:
        driver["semanticVersion"] = report.version
    return driver


def _rule(code: str, rule: RuleInfo | None) -> dict[str, Any]:
    # no `helpUri`: the page travels along, and a link could not be followed offline
    if rule is None:
        return {"id": code}
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {"tags": ["zeromq"]},
    }


def _result(report: Report, finding: Diagnostic, index: int, word: str) -> dict[str, Any]:
    told = finding.message + (f"\n{finding.help}" if finding.help else "")
    location = _location(report, finding.span)
    if finding.path:
        location["logicalLocations"] = [{"fullyQualifiedName": dotted(finding.path)}]
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.severity.value,
        "message": {"text": told},
        "locations": [location],
        "partialFingerprints": {"modelPath/v1": word},
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": related.message}, **_location(report, related.span)}
            for number, related in enumerate(finding.related, 1)
        ]
    if finding.fix is not None:
        result["fixes"] = [_fix(report, finding.fix)]
    return result


def _fix(report: Report, fix: Fix) -> dict[str, Any]:
    files = dict.fromkeys(edit.span.file for edit in fix.edits)
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(report, file),
                "replacements": [
                    {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
                    for edit in fix.edits
                    if edit.span.file == file
                ],
            }
            for file in files
        ],
    }


def _location(report: Report, span: Span) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": _artifact(report, span.file),
            "region": _region(span),
        }
    }


def _artifact(report: Report, file: str) -> dict[str, str]:
    """A relative reference below the root, or a `file:` URI for what is outside (RFC 3986, RFC 8089)."""
    from urllib.parse import quote

    where = report.location(file).encode("utf-8", "surrogateescape")
    if where.startswith(b"/"):
        return {"uri": f"file://{quote(where)}"}
    if where[1:2] == b":":  # a drive
        return {"uri": f"file:///{quote(where, safe='/:')}"}
    return {"uri": quote(where), "uriBaseId": _ROOT}


def _region(span: Span) -> dict[str, int]:
    """Half open, as ours, when columns are given (§3.30.2)."""
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
