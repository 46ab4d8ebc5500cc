"""Write a node and its test, and put it into a topology: what `orchestrator new node` does."""

from __future__ import annotations

import keyword
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.app.node_templates import TEMPLATES
from orchestrator.errors import UsageError

if TYPE_CHECKING:
    from orchestrator.app.rewriting import Change

KINDS: Final = tuple(TEMPLATES)
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_USED: Final = frozenset(
    ("Item", "Total", "Node", "In", "Out", "NodeContext", "Iterator", "dataclass", "drive", "node")
)
"""What the templates call by these names already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written, and what there is to paste."""

    files: tuple[Path, ...]
    test: Path
    place: str
    """The node as it stands under `nodes:`, without indent."""


def write(name: str, *, kind: str, directory: Path, topology: Path | None = None) -> Written:
    """Write the node's module and its test into `directory`, and the node into the file `topology`, if one is
    named.

    Raises UsageError, and writes nothing, when one of the files exists, a name cannot be, or the topology
    would have errors with it.
    """
    template = TEMPLATES[kind]
    base = _base(name, directory)
    target = base.title().replace("_", "") if template.is_class else base
    if target in _USED:
        target += "Node" if template.is_class else "_node"
    package = _package(directory)
    run = package if topology is None else _below(directory, topology.parent)
    words = {
        "Name": target,
        "name": target,
        "node": name,
        "module": ".".join((*package, base)),
        "run": ".".join((*run, base)),
    }
    words["imports"] = _imports(template.module, target)
    place = _filled(template.place, words)
    module, test = directory / f"{base}.py", directory / f"test_{base}.py"
    contents = {module: _filled(template.module, words), test: _filled(template.test, words)}
    there = [path.name for path in contents if path.exists() or path.is_symlink()]
    if there:
        raise UsageError(
            f"{directory}: {' and '.join(there)} already there; nothing was written",
            "give the node another name, or name another directory: --dir DIR",
        )
    change = None if topology is None else _change(topology, name, place)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for path, text in contents.items():
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        raise UsageError(f"{error.filename or directory} cannot be written: {error.strerror}") from error
    if change is not None:
        from orchestrator.app.rewriting import rewrite

        rewrite([change])
    return Written(files=(module, test), test=test, place=place)


def _base(name: str, directory: Path) -> str:
    """The module's name. Raises UsageError where the node cannot be called so, or Python would import another
    module by it."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a node", "use lower-case letters, digits and `-`, at most 63"
        )
    base = name.replace("-", "_")
    if keyword.iskeyword(base) or base[0].isdigit():
        raise UsageError(f"{base!r} is no name for a Python module", f"call it {name}-node, or node-{name}")
    if base in sys.stdlib_module_names or base in ("orchestrator", "pytest", "zmq"):
        raise UsageError(
            f"{directory / base}.py would hide the module {base!r} from all that need it",
            f"call it {name}-node",
        )
    return base


def _package(directory: Path) -> tuple[str, ...]:
    """The packages that the directory is part of, from the outermost on."""
    names: list[str] = []
    place = directory.resolve()
    while (place / "__init__.py").exists():
        names.insert(0, place.name)
        place = place.parent
    return tuple(names)


def _below(directory: Path, top: Path) -> tuple[str, ...]:
    """The way from the topology's directory, from which its targets are imported. Raises UsageError."""
    try:
        parts = directory.resolve().relative_to(top.resolve()).parts
    except ValueError:
        parts = ("",)
    if not all(part.isidentifier() for part in parts):
        raise UsageError(
            f"nodes of {top}{os.sep} cannot be imported from {directory}",
            "name a directory below that of the topology: --dir DIR",
        )
    return parts


def _imports(module: str, target: str) -> str:
    """What the test imports, in the order in which linters sort names: classes, then functions."""
    names = [name for name in ("Item", "Total") if f"class {name}:" in module]
    return ", ".join(sorted([*names, target], key=lambda name: (name[0].islower(), name)))


def _filled(text: str, words: Mapping[str, str]) -> str:
    return re.sub(r"@(\w+)@", lambda found: words[found[1]], text)


def _change(topology: Path, name: str, place: str) -> Change:
    """The topology's text with the node in it. Raises UsageError where it cannot be added."""
    from orchestrator.app.check import check_file
    from orchestrator.app.rewriting import Change
    from orchestrator.diagnostics import Severity
    from orchestrator.source.adding import with_entry

    file = str(topology)
    before = check_file(file)
    if before.topology is None:
        raise UsageError(f"{file} has errors; nothing was written", f"see `orchestrator validate {file}`")
    if name in before.topology.nodes:
        raise UsageError(f"{file} has a node {name} already; nothing was written")
    text = before.sources[file]
    after = with_entry(text, "nodes", place)
    if after is None:
        raise UsageError(
            f"{file}: no place to add a node at was found below `nodes`; nothing was written",
            "leave out --to, and paste what is printed",
        )
    checked = check_file(file, text=after)
    known = {finding.message for finding in before.findings}
    new = [f for f in checked.findings if f.severity is Severity.ERROR and f.message not in known]
    if new or checked.topology is None or name not in checked.topology.nodes:
        why = f": {new[0].message}" if new else ""
        raise UsageError(f"{file} would have errors with it{why}; nothing was written")
    return Change(file=file, before=text, after=after)
