"""The unit file and the Dockerfile of the how-to pages, as far as they can be tried without running them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT, Block, blocks

from orchestrator.cli import main

HOW_TO = ROOT / "docs/how-to"
INSTRUCTIONS = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "EXPOSE", "HEALTHCHECK", "CMD"}
TOPOLOGY = "version: 1\nname: market\nnodes: {a: {command: [sleep, '1000']}}\n"


def block(page: str, language: str) -> Block:
    found = [b for b in blocks((HOW_TO / page).read_text()) if b.language == language]
    assert len(found) == 1
    return found[0]


def understood(argv: list[str], capsys: pytest.CaptureFixture[str]) -> bool:
    """Whether the command line takes these words: `--help` at their end shows the verb's help."""
    assert Path(argv[0]).name == "orchestrator"
    code = main([*argv[1:], "--help"])
    assert f"usage: orchestrator {argv[1]}" in capsys.readouterr().out
    options = re.findall(r"--[a-z-]+", " ".join(argv))
    main([argv[1], "--help"])
    shown = capsys.readouterr().out
    return code == 0 and all(option in shown for option in options)


class TestUnitFile:
    def test_systemd_has_no_complaint(self, tmp_path: Path) -> None:
        verifier = shutil.which("systemd-analyze")
        if verifier is None:
            pytest.skip("systemd is not installed")
        text = block("systemd.md", "ini").text
        program = tmp_path / "orchestrator"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        text = re.sub(r"ExecStart=\S+", f"ExecStart={program}", text).replace("User=market", "User=root")
        unit = tmp_path / "market-data.service"
        unit.write_text(text)
        done = subprocess.run([verifier, "verify", "--man=no", str(unit)], capture_output=True, text=True)
        about_it = [line for line in done.stderr.splitlines() if "market-data" in line]
        assert (done.returncode, about_it) == (0, [])

    def test_a_mistake_would_be_seen(self, tmp_path: Path) -> None:
        verifier = shutil.which("systemd-analyze")
        if verifier is None:
            pytest.skip("systemd is not installed")
        unit = tmp_path / "market-data.service"
        unit.write_text("[Service]\nType=notify\nWatchdogSecs=10\nExecStart=/bin/true\n")
        done = subprocess.run([verifier, "verify", "--man=no", str(unit)], capture_output=True, text=True)
        assert "market-data" in done.stderr

    def test_the_command_is_understood(self, capsys: pytest.CaptureFixture[str]) -> None:
        line = re.search(r"^ExecStart=(.*)$", block("systemd.md", "ini").text, re.MULTILINE)
        assert line is not None
        assert understood(shlex.split(line[1]), capsys)

    def test_every_line_that_needs_a_reason_has_one(self) -> None:
        page = (HOW_TO / "systemd.md").read_text()
        for key in (
            "Type",
            "KillMode",
            "TimeoutStopSec",
            "WatchdogSec",
            "Delegate",
            "LimitNOFILE",
            "StateDirectory",
        ):
            assert re.search(rf"^\| .*`{key}\b", page, re.MULTILINE), key


class TestDockerfile:
    def test_instructions(self) -> None:
        for line in block("containers.md", "dockerfile").text.splitlines():
            assert line.split()[0] in INSTRUCTIONS, line

    @pytest.mark.parametrize("instruction", ["CMD", "HEALTHCHECK"])
    def test_commands_are_lists_that_are_understood(
        self, instruction: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        text = block("containers.md", "dockerfile").text
        (line,) = [line for line in text.splitlines() if line.startswith(instruction)]
        assert understood(json.loads(line[line.index("[") :]), capsys)

    def test_the_user_owns_what_the_nodes_read(self) -> None:
        text = block("containers.md", "dockerfile").text
        user = re.search(r"^USER (\w+)$", text, re.MULTILINE)
        assert user is not None
        assert f"useradd --create-home {user[1]}" in text
        assert f"COPY --chown={user[1]} . ." in text
        assert text.index("pip install") < text.index("USER ")

    def test_the_command_brings_a_topology_up_as_process_1(self, tmp_path: Path) -> None:
        """What the engine does with CMD, with process ids of its own, and `docker stop`."""
        command = shutil.which("unshare")
        if sys.platform != "linux" or command is None:
            pytest.skip("needs unshare(1)")
        prefix = [command, "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"]
        if subprocess.run([*prefix, "true"], capture_output=True).returncode != 0:
            pytest.skip("no process ids of their own are allowed here")
        (tmp_path / "topology.yaml").write_text(TOPOLOGY)
        text = block("containers.md", "dockerfile").text
        words = json.loads(text[text.rindex("[") :])
        argv = [*prefix, sys.executable, "-m", *words]
        process = subprocess.Popen(argv, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if json.loads(line)["event"] == "topology_ready":
                    break
            (first,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            subprocess.run(["kill", "-TERM", first], check=True)
            events = [json.loads(line) for line in process.stdout]
            assert process.wait(timeout=60) == 0
            assert events[-1]["event"] == "topology_ended"
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
