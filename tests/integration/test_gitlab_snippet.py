"""The GitLab job of the page: its script runs, and writes the reports that it says it keeps."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from ci_support import WRONG, run, snippet

pytestmark = pytest.mark.integration


def test_the_script_writes_the_reports(tmp_path: Path) -> None:
    [job] = yaml.safe_load(snippet("docs/how-to/ci.md", "tests/integration/test_gitlab_snippet.py")).values()
    install, *script = job["script"]
    assert install.startswith("pip install ")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "wrong.yaml").write_text(WRONG)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {"CI_PROJECT_DIR": str(tmp_path), "PATH": path}
    for line in script:
        done = run("sh", "-ec", line, cwd=tmp_path, env=env)
        assert done.returncode == 1, done.stdout + done.stderr

    reports = job["artifacts"]["reports"]
    assert job["artifacts"]["when"] == "always", "a job that fails has the reports that matter"
    [issue] = json.loads((tmp_path / reports["codequality"]).read_text())
    assert issue["location"] == {"path": "sub/wrong.yaml", "lines": {"begin": 11, "end": 11}}
    root = ElementTree.parse(tmp_path / reports["junit"]).getroot()
    assert root.get("failures") == "1"
