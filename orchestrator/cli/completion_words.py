"""The words that fit an argument: names out of the topology, rules' codes, fixed words.

Files are not listed here: the shell knows better how to (`~`, variables, quoting, colours), so an answer
may be `Files`. Loads nothing that an answer does not need.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.cli.completion_kinds import Joined, Kind, Several, Source, Sources

if TYPE_CHECKING:
    from orchestrator.source.outline import NodeOutline, Outline

_YAML: Final = (".yaml", ".yml")
_USUAL: Final = "topology.yaml"
_NODES: Final = re.compile(rb"^[\"']?nodes[\"']?[ \t]*:", re.MULTILINE)
_LOOKED_AT: Final = 50
"""How many files of a directory are looked at to find its only topology."""
_BEGINNING: Final = 1_000_000
"""How many bytes of each."""
_FILES: Final = frozenset({Kind.TOPOLOGY, Kind.FILE, Kind.DIRECTORY})


@dataclass(frozen=True, slots=True)
class Candidate:
    """One word that fits."""

    text: str
    means: str = ""
    is_whole: bool = True
    """Whether a space can follow; else more is to come in the same word."""


@dataclass(frozen=True, slots=True)
class Files:
    """The shell's own completion of files. `kind` is one of TOPOLOGY, FILE, DIRECTORY."""

    kind: Kind
    lead: str = ""
    """What stands before the path in the same word."""


Answer = Candidate | Files


class Words:
    """The words that fit. `line` holds the words before: one of them may be the topology."""

    def __init__(self, line: Sequence[str]) -> None:
        self._line = line

    def fitting(self, sources: Sources, current: str, lead: str = "") -> Iterator[Answer]:
        """What `current` can become; `lead` stands before it in the same word, and before each candidate."""
        for source in sources:
            match source:
                case Joined():
                    yield from self._joined(source, current, lead)
                case Several():
                    yield from self._several(source, current, lead)
                case Kind() if source in _FILES:
                    yield Files(source, lead)
                case _:
                    for text, means in self._mapping(source, current).items():
                        if text.startswith(current):
                            yield Candidate(lead + text, means)

    def _joined(self, source: Joined, current: str, lead: str) -> Iterator[Answer]:
        left, by, right = current.partition(source.by)
        if by:
            yield from self.fitting(source.right, right, lead + left + by)
            return
        for answer in self.fitting(source.left, current, lead):
            if isinstance(answer, Candidate):
                yield Candidate(answer.text + source.by, answer.means, is_whole=False)

    def _several(self, source: Several, current: str, lead: str) -> Iterator[Answer]:
        before, comma, last = current.rpartition(",")
        there = before.split(",")
        for answer in self.fitting(source.of, last, lead + before + comma):
            if not isinstance(answer, Candidate) or answer.text[len(lead + before + comma) :] not in there:
                yield answer

    def _mapping(self, source: Source, current: str) -> Mapping[str, str]:
        if callable(source):
            words = source()
            return words if isinstance(words, Mapping) else dict.fromkeys(map(str, words), "")
        match source:
            case Kind.CODE:
                return _codes(by_name=current[:1].islower())
            case Kind():
                return {word: means for word, means in self._names(source) if word}
            case _:
                return {str(source): ""}

    def _names(self, kind: Kind) -> Iterator[tuple[str, str]]:
        match kind:
            case Kind.RUNNING | Kind.LOGGED:
                yield from ((name, "project") for name in _projects(ended=kind is Kind.LOGGED))
            case Kind.ENDPOINT:
                for outline in self._outlines:
                    yield from ((name, "endpoint") for name in outline.endpoints)
            case _:
                for outline in self._outlines:
                    for name, node in outline.nodes.items():
                        yield from _of_node(kind, name, node)

    @cached_property
    def _outlines(self) -> tuple[Outline, ...]:
        from orchestrator.source.outline import outline

        return tuple(outline(file) for file in _topologies(self._line))


def _of_node(kind: Kind, name: str, node: NodeOutline) -> Iterator[tuple[str, str]]:
    match kind:
        case Kind.NODE:
            yield name, _means(node)
        case Kind.INSTANCE:
            yield name, _means(node)
            yield from ((instance, f"replica of {name}") for instance in node.instances(name))
        case Kind.SOCKET:
            yield from ((f"{name}.{socket}", "socket") for socket in node.sockets)
        case Kind.PROFILE:
            yield from ((profile, "") for profile in node.profiles)
        case Kind.LABEL:
            yield from ((key, "") for key in node.labels)
        case Kind.GROUP:
            yield node.process or "", "process"
            yield from ((value, f"label {key}") for key, value in node.labels.items())


def _means(node: NodeOutline) -> str:
    return f"node, {node.replicas} replicas" if node.replicas else "node"


def _topologies(line: Sequence[str]) -> list[str]:
    """The files that the line names; if none, the topology of the directory where it is clear which."""
    paths = [os.path.expandvars(os.path.expanduser(word)) for word in line]  # noqa: PTH111
    files = [path for path in paths if path and os.path.isfile(path)]  # noqa: PTH113
    named = [path for path in files if path.endswith(_YAML)] or files or _of_projects(_targets(line))
    if named:
        return named
    if os.path.isfile(_USUAL):  # noqa: PTH113
        return [_USUAL]
    here = sorted(entry.name for entry in os.scandir() if entry.name.endswith(_YAML) and entry.is_file())
    found = [name for name in here[:_LOOKED_AT] if _has_nodes(name)]
    return found if len(found) == 1 else _of_projects(line) or _only(_projects(ended=False).values())


def _targets(line: Sequence[str]) -> list[str]:
    """What follows `-t`."""
    return [word for option, word in pairwise(line) if option in ("-t", "--topology")]


def _of_projects(words: Sequence[str]) -> list[str]:
    """The file of the one project that is among the words."""
    known = _projects(ended=True) if words else {}
    return _only(known[word] for word in words if word in known)


def _only(files: Iterable[str]) -> list[str]:
    found = [file for file in files if os.path.isfile(file)]  # noqa: PTH113
    return found if len(found) == 1 else []


def _projects(*, ended: bool) -> dict[str, str]:
    """The projects that run, with `ended` also those that have run, and their files."""
    from orchestrator.projects import find, remembered

    known = remembered.remembered(os.environ) if ended else []
    running = find.running(os.environ)
    return {one.project: one.file for one in known} | {one.name: one.record.file for one in running}


def _has_nodes(file: str) -> bool:
    try:
        with Path(file).open("rb") as stream:
            return _NODES.search(stream.read(_BEGINNING)) is not None
    except OSError:
        return False


def _codes(*, by_name: bool) -> dict[str, str]:
    """Codes with what they are named, or names with their codes.

    Out of the names of the rules' files: their catalogue takes longer to import than anybody waits for a key.
    """
    package = Path(__file__).parents[1] / "rules"
    names = sorted(name.removesuffix(".py") for name in os.listdir(package) if name.startswith("zmq"))  # noqa: PTH208
    rules = {}
    for name in names:
        code, _, words = name.partition("_")
        rules[code.upper()] = words.replace("_", "-")
    return {name: code for code, name in rules.items()} if by_name else rules
