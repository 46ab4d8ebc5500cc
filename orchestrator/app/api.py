"""The Python face: load or build a topology, check it, look at its graph, draw it, run it.

with Topology.load("topology.yaml").up() as system:
    system.wait_ready(timeout=10)
    print(system.states)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from orchestrator.app.check import Checked, check_file, check_loaded
from orchestrator.app.system import System
from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.errors import RunError
from orchestrator.model import types
from orchestrator.model.load import from_data

if TYPE_CHECKING:
    import networkx

__all__ = ["System", "Topology"]


class Topology:
    """A topology, loaded from a file or built in code with the same words.

        topology = Topology("greeter")
        topology.node("greeter", lambda name: f"Hello, {name}!",
                      sockets={"names": {"type": "REP", "bind": "auto", "codec": "text"}})

    Functions and lambdas travel to their processes by value (dill), so a notebook's will do.
    """

    def __init__(
        self,
        name: str,
        *,
        nodes: Mapping[str, Any] | None = None,
        directory: str | Path | None = None,
        **keys: Any,
    ) -> None:
        """`nodes` are data as in a file; `node` adds more.

        `keys` are further top-level keys of the file: `messages`, `endpoints`, `defaults`, `description`.

        Relative paths and `module:name` start from `directory`, by default the current one.
        """
        self._data: dict[str, Any] = {"name": name, **keys, "nodes": dict(nodes or {})}
        self._functions: dict[str, Callable[..., object] | type] = {}
        self._directory = None if directory is None else str(directory)
        self._checked: Checked | None = None

    @classmethod
    def load(cls, path: str | Path, *, environ: Mapping[str, str] | None = None) -> Self:
        """Read a topology file. What is wrong with it is told by `check`, and by whatever cannot go on.

        Raises UsageError for a mistake in the settings that hold for the file.
        """
        topology = cls.__new__(cls)
        topology._data, topology._functions, topology._directory = {}, {}, None
        topology._checked = check_file(str(path), environ=environ)
        return topology

    def node(self, name: str, run: Callable[..., object] | type | str | None = None, /, **keys: Any) -> Self:
        """Add a node: `run` is a function, a class, or `module:name`; `keys` are those of a node in the file.

        A node of the same name is replaced, as by a notebook's cell that runs again. Returns the topology, so
        that calls can be chained.
        """
        if self._checked is not None and not self._data:
            raise RunError("a topology that was loaded from a file cannot be added to", "edit the file")
        self._checked = None
        self._functions.pop(name, None)
        if callable(run):
            self._functions[name] = run
        elif run is not None:
            keys["run"] = run  # a text, or what the check refuses
        self._data["nodes"][name] = keys
        return self

    def check(self) -> tuple[Diagnostic, ...]:
        """Every finding, in order of place."""
        return self._look().findings

    @property
    def model(self) -> types.Topology:
        """The typed, frozen topology. Raises RunError when it cannot be read."""
        checked = self._look()
        if checked.topology is None:
            raise RunError(_told(checked))
        return checked.topology

    @property
    def graph(self) -> networkx.MultiDiGraph[str]:
        """The graph of nodes and links; edges point where the data flows."""
        from orchestrator.graph import from_topology

        return from_topology(self.model)

    def render(self, path: str | Path | None = None, *, format: str | None = None) -> bytes:  # noqa: A002
        """Draw it: `svg`, `png`, `pdf`, `dot` or `mmd`, told by `format` or by the path's ending.

        Writes the file when there is a path; returns its content in any case.
        """
        from orchestrator.render import format_named, format_of_file, render

        wanted = format_named(format or "svg") if format or path is None else format_of_file(str(path))
        picture = render(self.model, wanted)
        if path is not None:
            try:
                Path(path).write_bytes(picture)
            except OSError as problem:
                reason = f"{path} can't be written: {problem.strerror}"
                raise RunError(reason, "name another file") from problem
        return picture

    def up(self, *, profiles: Collection[str] = (), environ: Mapping[str, str] | None = None) -> System:
        """Run it, supervised by a thread of this process, until the block ends:

            with topology.up() as system: …

        Raises RunError, with every error, when it does not pass its check.
        """
        return System(self.checked(), profiles=profiles, environ=os.environ if environ is None else environ)

    def checked(self) -> types.Topology:
        """The typed, frozen topology, which has passed its check. Raises RunError, with every error."""
        checked = self._look()
        if not checked.ok or checked.topology is None:
            raise RunError(_told(checked))
        return checked.topology

    def _look(self) -> Checked:
        if self._checked is None:
            loaded = from_data(self._data, self._functions, self._directory)
            self._checked = check_loaded("<python>", loaded)
        return self._checked


def _told(checked: Checked) -> str:
    from orchestrator.diagnostics.text import TextFormat

    errors = [f for f in checked.findings if f.severity is Severity.ERROR]
    return "the topology has errors\n" + TextFormat(checked.sources).findings(errors)
