"""The composite action: its steps run as a runner would run them, in somebody's checkout."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ci_support import CHECKOUT, GOOD, WRONG, repository, run, snippet

ACTION = CHECKOUT / "action.yml"
pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not ACTION.exists(), reason="not in a checkout"),
    pytest.mark.skipif(
        shutil.which("bash") is None or shutil.which("git") is None, reason="no bash or no git"
    ),
]


@pytest.fixture(scope="module")
def action() -> dict[str, Any]:
    found = yaml.safe_load(ACTION.read_text())
    assert isinstance(found, dict)
    return found


def test_every_step_is_complete_and_takes_inputs_by_the_environment(action: dict[str, Any]) -> None:
    assert action["runs"]["using"] == "composite"
    for step in action["runs"]["steps"]:
        assert "uses" in step or {"run", "shell"} <= step.keys()
        assert "${{" not in step.get("run", ""), "a file's name must not become a command"
    text = ACTION.read_text()
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(action["inputs"])


def test_the_page_passes_inputs_that_there_are(action: dict[str, Any]) -> None:
    page = (CHECKOUT / "docs" / "how-to" / "ci.md").read_text()
    rows = re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE)
    assert rows == list(action["inputs"])
    workflow = yaml.safe_load(snippet("docs/how-to/ci.md", "tests/integration/test_github_action.py"))
    [step] = [s for s in workflow["jobs"]["topologies"]["steps"] if "OWNER/orchestrator" in s["uses"]]
    assert set(step["with"]) <= set(action["inputs"])


class Runner:
    """As much of a GitHub runner as the action needs."""

    def __init__(self, action: dict[str, Any], tmp_path: Path) -> None:
        self._steps = [step for step in action["runs"]["steps"] if "run" in step]
        self._defaults = {name: value["default"] for name, value in action["inputs"].items()}
        self._temp = tmp_path / "temp"
        self._temp.mkdir()
        self.workspace = tmp_path / "theirs"
        self.workspace.mkdir()
        ours = tmp_path / "ours"
        repository(ours)
        self.env = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_ACTION_PATH": str(ours),
            "GITHUB_ENV": str(self._temp / "env"),
            "RUNNER_TEMP": str(self._temp),
        }

    def step(self, number: int, **inputs: str) -> tuple[int, str]:
        step = self._steps[number]
        known = {f"inputs.{name}": value for name, value in {**self._defaults, **inputs}.items()}
        known["steps.python.outputs.python-path"] = sys.executable
        env = {key: re.sub(r"\$\{\{ (.*?) \}\}", lambda m: known[m[1]], v) for key, v in step["env"].items()}
        done = run("bash", "-eo", "pipefail", "-c", step["run"], cwd=self.workspace, env={**self.env, **env})
        written = Path(self.env["GITHUB_ENV"])
        if written.exists():
            self.env |= dict(line.split("=", 1) for line in written.read_text().splitlines())
        return done.returncode, done.stdout + done.stderr


def test_findings_become_annotations_and_sarif(action: dict[str, Any], tmp_path: Path) -> None:
    runner = Runner(action, tmp_path)
    code, told = runner.step(0)
    assert code == 0, told
    (runner.workspace / "topologies").mkdir()
    (runner.workspace / "topologies" / "odd $(touch pwned).yaml").write_text(WRONG)

    code, told = runner.step(1, sarif="out.sarif")
    assert code == 1, told
    assert "::error file=topologies/odd $(touch pwned).yaml,line=11," in told
    assert not (runner.workspace / "pwned").exists()
    log = json.loads((runner.workspace / "out.sarif").read_text())
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["ZMQ101"]

    code, told = runner.step(1, files="topologies/", args="--fail-on never --quiet")
    assert (code, "::error" in told) == (0, True), told

    (runner.workspace / "good.yaml").write_text(GOOD)
    code, told = runner.step(1, files="good.yaml\n")
    assert (code, "::error" in told) == (0, False), told
