"""Which files a process of a topology is made of, told by reading them: nothing is imported.

Those of Python modules are found as far as they lie below the directories that are searched; what is
installed is not looked at.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePath
from typing import Final

from orchestrator.planning.types import UnitPlan

_SCRIPTS: Final = frozenset(
    (".bash", ".cjs", ".jl", ".js", ".lua", ".mjs", ".php", ".pl", ".py", ".r", ".rb", ".sh", ".tcl", ".ts")
)
"""What an argument ends with that is the program, not data."""
Import = tuple[int, str]
"""How many directories up (0: absolute), and a dotted name."""


class Modules:
    """Remembers what each file imports, as long as the file cannot be parsed."""

    def __init__(self) -> None:
        self._imports: dict[str, tuple[Import, ...]] = {}

    def of_unit(self, unit: UnitPlan, directory: str) -> frozenset[str]:
        """The files of one process: absolute paths, below `directory` or what its PYTHONPATH names.

        Files are among them that are not there, and would be imported if they were.
        """
        if unit.foreign is not None:
            return frozenset(self._of_program(unit.foreign.argv, unit.cwd, directory))
        roots = [directory, *_python_path(unit)]
        names = [
            (0, instance.target.partition(":")[0])
            for instance in unit.instances
            if instance.target is not None and not instance.target.startswith("stock:")
        ]
        return frozenset(self._closure([file for name in names for file in _find(name, "", roots)], roots))

    def _of_program(self, argv: Sequence[str], cwd: str, directory: str) -> Iterator[str]:
        for index, word in enumerate(argv):
            if index and argv[index - 1] == "-m" and "python" in PurePath(argv[0]).name:
                yield from self._closure(_find((0, word), "", [cwd]), [cwd])
            path = os.path.realpath(os.path.join(cwd, word))  # noqa: PTH118
            named = os.sep in word if index == 0 else PurePath(word).suffix.lower() in _SCRIPTS
            if not named or not _is_below(path, directory) or not os.path.isfile(path):  # noqa: PTH113
                continue
            if path.endswith(".py"):
                yield from self._closure([path], [os.path.dirname(path)])  # noqa: PTH120
            else:
                yield path

    def _closure(self, files: Collection[str], roots: Sequence[str]) -> set[str]:
        found, todo = set[str](), list(files)
        while todo:
            file = todo.pop()
            if file in found:
                continue
            found.add(file)
            for one in self._imports_of(file):
                todo += _find(one, file, roots)
        return found

    def _imports_of(self, file: str) -> tuple[Import, ...]:
        try:
            with open(file, "rb") as stream:  # noqa: PTH123
                tree = ast.parse(stream.read())
        except (OSError, SyntaxError, ValueError, RecursionError):
            return self._imports.get(file, ())
        self._imports[file] = tuple(dict.fromkeys(_imports(tree)))
        return self._imports[file]


def _imports(tree: ast.AST) -> Iterator[Import]:
    """Inside functions, too: they are done sooner or later."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield node.level, module
            # a name may be a module of the package
            yield from ((node.level, f"{module}.{alias.name}".lstrip(".")) for alias in node.names)


def _find(wanted: Import, by: str, roots: Sequence[str]) -> list[str]:
    """The files that importing a name in the file `by` runs; where there are none, those that it would."""
    level, name = wanted
    parts = name.split(".") if name else []
    if level:
        start = by
        for _ in range(level):
            start = os.path.dirname(start)  # noqa: PTH120
        return _below(start, parts) if any(_is_below(start, root) for root in roots) else []
    if not parts or parts[0] in sys.stdlib_module_names:
        return []
    for root in roots:
        if found := _below(root, parts):
            return found
    return [os.path.join(root, parts[0] + end) for root in roots for end in (".py", f"{os.sep}__init__.py")]  # noqa: PTH118


def _below(directory: str, parts: Sequence[str]) -> list[str]:
    """The packages on the way to a module, and the module; without what is a name in one of them."""
    found, place = [], directory
    for part in parts:
        place = os.path.join(place, part)  # noqa: PTH118
        package = os.path.join(place, "__init__.py")  # noqa: PTH118
        if os.path.isfile(package):  # noqa: PTH113
            found.append(package)
        elif os.path.isfile(place + ".py"):  # noqa: PTH113
            found.append(place + ".py")
            break
        elif not os.path.isdir(place):  # noqa: PTH112
            break
    return found


def _python_path(unit: UnitPlan) -> list[str]:
    entries = unit.env.get("PYTHONPATH", "").split(os.pathsep)
    return [os.path.join(unit.cwd, entry) for entry in entries if entry]  # noqa: PTH118


def _is_below(path: str, directory: str) -> bool:
    top = os.path.realpath(directory)
    return path == top or os.path.realpath(path).startswith(os.path.join(top, ""))  # noqa: PTH118
