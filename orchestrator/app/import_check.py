"""What importing a topology's Python nodes tells: targets, params, sockets. Done by another process, so that
a module that prints, ends the process or never comes back is a finding like any other.

Pages of these findings are rules ZMQ340 to ZMQ342.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.diagnostics import Diagnostic, Severity, in_order
from orchestrator.model.types import Node, PythonProgram, Socket, StockProgram, Topology
from orchestrator.vocabulary import CodecName, Path

NOT_IMPORTABLE: Final = "ZMQ340"
_CODES: Final = {"import": NOT_IMPORTABLE, "params": "ZMQ341", "sockets": "ZMQ342"}
PATIENCE_S: Final = 60.0
"""How long the imports of one topology may take."""


def check_imports(
    topology: Topology, *, patience_s: float = PATIENCE_S, environ: Mapping[str, str] | None = None
) -> tuple[Diagnostic, ...]:
    """Every finding about the code of the topology's Python nodes, sorted by place.

    They are imported in the environment `environ`, by default the one here.
    """
    jobs = [job for node in topology.nodes.values() if (job := _job(topology, node)) is not None]
    found: list[Diagnostic] = []
    while jobs:
        answers, end = _ask(topology, jobs, patience_s, environ)
        for job, problems in zip(jobs, answers, strict=False):
            found += _findings(topology, job, problems)
        jobs = jobs[len(answers) :]
        if jobs:  # the first of them is the one that did not come back
            problem = {"kind": "import", "message": end, "remedy": None}
            found += _findings(topology, jobs.pop(0), [problem])
    return in_order(found)


@dataclass(frozen=True, slots=True)
class _Job:
    node: Node
    target: str

    def line(self, topology: Topology) -> str:
        told = {
            "node": self.node.name,
            "target": self.target,
            "directory": topology.directory,
            "params": self.node.params,
            "sockets": {name: socket.type.value for name, socket in self.node.sockets.items()},
            "subscribe": {
                name: socket.subscribe
                for name, socket in self.node.sockets.items()
                if socket.subscribe is not None
            },
            "codecs": {name: _codec(topology, socket) for name, socket in self.node.sockets.items()},
        }
        return json.dumps(told) + "\n"


def _codec(topology: Topology, socket: Socket) -> str:
    message = topology.messages.get(socket.message or "")
    return str(socket.codec or CodecName.RAW) if message is None else str(message.codec)


def _job(topology: Topology, node: Node) -> _Job | None:
    match node.program:
        case PythonProgram(target=target, function=None):
            return _Job(node, target)
        case StockProgram(name=name) if name in _known():
            return _Job(node, f"stock:{name}")
        case _:  # foreign, given in code, or not known, which another rule tells
            return None


def _known() -> frozenset[str]:
    from orchestrator.sdk.catalogue import catalogue
    from orchestrator.sdk.errors import TargetError

    try:
        return frozenset(catalogue())
    except TargetError:
        return frozenset()


def _ask(
    topology: Topology, jobs: Sequence[_Job], patience_s: float, environ: Mapping[str, str] | None
) -> tuple[list[Any], str]:
    """What the other process answers, and why it ended if it did not answer all."""
    lines = "".join(job.line(topology) for job in jobs)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "orchestrator.sdk.inspecting.examining"],
            input=lines,
            capture_output=True,
            text=True,
            errors="backslashreplace",
            timeout=patience_s,
            cwd=topology.directory if os.path.isdir(topology.directory) else None,  # noqa: PTH112
            check=False,
            env=environ,
        )
        out, end = done.stdout, _ended(done)
    except subprocess.TimeoutExpired as error:
        out = (error.stdout or b"").decode(errors="replace") if isinstance(error.stdout, bytes) else ""
        end = f"importing it took more than {patience_s:g} s"
    return [json.loads(line) for line in out.splitlines(keepends=True) if line.endswith("\n")], end


def _ended(done: subprocess.CompletedProcess[str]) -> str:
    last = done.stderr.strip().rpartition("\n")[2]
    how = f"by signal {-done.returncode}" if done.returncode < 0 else f"with exit code {done.returncode}"
    return f"importing it ended the process {how}" + (f": {last}" if last else "")


def _findings(topology: Topology, job: _Job, problems: Sequence[dict[str, Any]]) -> Iterator[Diagnostic]:
    node = job.node
    for kind in dict.fromkeys(problem["kind"] for problem in problems):
        same = [problem for problem in problems if problem["kind"] == kind]
        path: Path = (*node.path, {"import": "run", "params": "params", "sockets": "sockets"}[kind])
        place = node.program.span if kind == "import" else topology.place(*path)
        yield Diagnostic(
            code=_CODES[kind],
            severity=Severity.ERROR,
            message=f"`{node.name}`: {'; '.join(problem['message'] for problem in same)}",
            span=place,
            path=path,
            help=same[0]["remedy"],
        )
