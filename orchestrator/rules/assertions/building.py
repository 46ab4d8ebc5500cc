"""A file of policies, as plain data whose form is right, to rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.links import links
from orchestrator.model.types import Topology
from orchestrator.rules.assertions.expression import compile_expression
from orchestrator.rules.assertions.kinds import SUBJECTS, TOPOLOGY, Kind, names
from orchestrator.rules.assertions.message import Fill, compile_message
from orchestrator.rules.assertions.parts import Evaluate, Scope
from orchestrator.rules.assertions.problem import ExpressionError
from orchestrator.rules.own.declaring import Finding, OwnRule, Where
from orchestrator.source import Document
from orchestrator.vocabulary import Path

EXPRESSION = "policy-expression"
MESSAGE = "policy-message"
REPEATED_CODE = "policy-code"
"""What stands in the place of a code: these are findings about files that are no topologies."""

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Built:
    """The rules of one file, and what is wrong with those that are missing."""

    rules: tuple[OwnRule, ...]
    diagnostics: tuple[Diagnostic, ...]


def build(document: Document, broken: Collection[int] = ()) -> Built:
    """The policies of a document that is a list. `broken`: those that the schema has refused."""
    builder = _Builder(document)
    items: list[Any] = document.data if isinstance(document.data, list) else []
    rules = [builder.rule(index, item) for index, item in enumerate(items) if index not in broken]
    return Built(tuple(rule for rule in rules if rule is not None), tuple(builder.findings))


class _Builder:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._first: dict[str, int] = {}
        self.findings: list[Diagnostic] = []

    def rule(self, index: int, item: dict[str, str]) -> OwnRule | None:
        """The rule of one policy; None when there is something wrong with it."""
        before, code, known = len(self.findings), item["code"], names(item["select"])
        self._check_code(index, code)
        where = self._compiled((index, "where"), item.get("where", "true"), known)
        holds = self._compiled((index, "assert"), item["assert"], known)
        message = self._try(compile_message, (index, "message"), item["message"], known, MESSAGE)
        remedy = self._try(compile_message, (index, "remedy"), item.get("remedy", ""), known, MESSAGE)
        if len(self.findings) > before or None in (where, holds, message, remedy):
            return None
        assert where is not None and holds is not None and message is not None and remedy is not None
        place = self._document.place((index,))
        return OwnRule(
            code=code,
            name=item.get("name", code),
            is_named="name" in item,
            severity=Severity(item.get("severity", Severity.WARNING)),
            title=_title(item),
            check=_check(item["select"], where, holds, message, remedy),
            page=_page(item),
            file=place.file,
            line=place.line,
        )

    def _check_code(self, index: int, code: str) -> None:
        first = self._first.setdefault(code, index)
        if first != index:
            place = self._document.place
            self._add(
                REPEATED_CODE,
                f"two policies have the code {code}",
                (index, "code"),
                "give each one its own",
                related=(Related("the other one is here", place((first, "code"))),),
            )

    def _compiled(self, path: Path, text: str, known: dict[str, Kind]) -> Evaluate | None:
        made = self._try(compile_expression, path, text, known, EXPRESSION)
        return None if made is None else made.evaluate

    def _try(
        self,
        make: Callable[[str, dict[str, Kind]], _Made],
        path: Path,
        text: str,
        known: dict[str, Kind],
        code: str,
    ) -> _Made | None:
        try:
            return make(text, known)
        except ExpressionError as problem:
            span = self._document.inside(path, text, problem.start, problem.end)
            what = f"`{path[-1]}` of policy {int(path[0]) + 1}"
            self.findings.append(
                Diagnostic(
                    code=code,
                    severity=Severity.ERROR,
                    message=f"{what}: {problem.fact}",
                    span=span,
                    help=problem.remedy,
                    path=path,
                )
            )
            return None

    def _add(
        self, code: str, message: str, path: Path, remedy: str, related: tuple[Related, ...] = ()
    ) -> None:
        self.findings.append(
            Diagnostic(
                code=code,
                severity=Severity.ERROR,
                message=message,
                span=self._document.place(path),
                help=remedy,
                path=path,
                related=related,
            )
        )


def _check(
    select: str, where: Evaluate, holds: Evaluate, message: Fill, remedy: Fill
) -> Callable[[Topology], Iterable[Finding]]:
    def check(topology: Topology) -> Iterator[Finding]:
        for place, scope in _selected(select, topology):
            if where(scope) and not holds(scope):
                text = " ".join(message(scope).split()) or "the policy does not hold"
                yield Finding(where=place, message=text, remedy=remedy(scope) or None)

    return check


def _selected(select: str, topology: Topology) -> Iterator[tuple[Where, Scope]]:
    """Each thing that is selected, and what the names of expressions stand for then."""
    everything: dict[str, Iterable[Any]] = {
        "nodes": topology.nodes.values(),
        "sockets": topology.sockets() if select == "sockets" else (),
        "links": links(topology) if select == "links" else (),
        "endpoints": topology.endpoints.values(),
        "messages": topology.messages.values(),
        "topology": (topology,),
    }
    name = next(iter(SUBJECTS[select]), TOPOLOGY)
    for one in everything[select]:
        scope = {TOPOLOGY: topology, name: one}
        if select == "sockets":
            scope["node"] = topology.nodes[one.node]
        yield one, scope


def _title(item: dict[str, str]) -> str:
    text = item.get("description") or f"{item['select']}: {item['assert']}"
    return " ".join(text.split())


def _page(item: dict[str, str]) -> str:
    """What the policy says, for `explain`."""
    keys = ("select", "where", "assert", "message", "remedy")
    lines = [f"{key}: {' '.join(item[key].split())}" for key in keys if key in item]
    return "```text\n" + "\n".join(lines) + "\n```"
