"""How a rule of the user's is declared, and what it yields. Knows nothing of files, settings or topologies.

Everything that is wrong with a declaration is a ValueError or TypeError at the author's own line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from orchestrator.diagnostics import Severity
from orchestrator.model.types import Link
from orchestrator.span import Span

if TYPE_CHECKING:
    from orchestrator.model.types import Topology

_CODE: Final = re.compile(r"[A-Z]{1,20}[0-9]{1,9}")
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_ASYNC: Final = 0x80 | 0x200
"""CO_COROUTINE and CO_ASYNC_GENERATOR (inspect)."""
OURS: Final = "ZMQ"
"""What no code of the user's may begin with."""


class Placed(Protocol):
    """A part of the typed topology that knows its place: a node, a socket, an address, a probe, …"""

    @property
    def span(self) -> Span: ...


Where: TypeAlias = "Placed | Link | Span"
"""What a finding can be about. A Span is a place by itself: `topology.place("nodes", "feed", "replicas")`."""
Check: TypeAlias = "Callable[[Topology], Iterable[Finding]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule yields. Made with `finding`; code and severity are the rule's."""

    where: Where
    message: str
    key: tuple[str | int, ...] = ()
    """Keys that lead from `where` to the value that is meant; its own place where they lead nowhere."""
    remedy: str | None = None
    related: tuple[tuple[str, Where], ...] = ()

    def __post_init__(self) -> None:
        """Raise TypeError for what can't be told or placed, while the author's line is still at hand."""
        if not is_place(self.where):
            raise TypeError(
                f"a finding is about a node, a socket, a link, … or a Span, not {self.where!r:.60}"
            )
        if not isinstance(self.message, str) or not self.message.strip():
            raise TypeError("a finding needs a message")
        for _, other in self.related:
            if not is_place(other):
                raise TypeError(f"`related` takes (text, node or socket or … or Span), not {other!r:.60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRule:
    """One rule of the user's. Calling it gives its findings, for tests of one's own."""

    code: str
    name: str
    """By which it can be selected too, such as `no-team`."""
    is_named: bool = False
    """Whether its author has chosen the name; otherwise it is the function's, as far as it is free."""
    severity: Severity
    title: str
    """What it finds, in a few words."""
    check: Check
    page: str = ""
    """More about it, as Markdown: the function's docstring."""
    file: str = ""
    """Where it stands, as the user named it."""
    line: int = 0

    def __call__(self, topology: Topology) -> tuple[Finding, ...]:
        """What the rule yields about a topology, before severities, comments and settings."""
        return tuple(self.check(topology))

    @property
    def place(self) -> str:
        """`my_rules.py:12`."""
        return f"{self.file}:{self.line}"

    def whole_page(self) -> str:
        """What `explain` prints, as Markdown."""
        more = f"\n\n{self.page}" if self.page else ""
        return (
            f"# {self.code}: {self.name}\n\n*{self.severity}*\n\n{self.title}{more}\n\nSource: {self.place}\n"
        )


DECLARED: Final[dict[str, list[OwnRule]]] = {}
"""Module -> the rules that were declared in it, in their order."""


def rule(
    code: str, title: str = "", *, severity: Severity | str = Severity.WARNING, name: str | None = None
) -> Callable[[Check], OwnRule]:
    """Make a rule of a function that gets the Topology and yields findings, or returns a list of them.

    `code`: capital letters, then digits, such as `ACME001`; not beginning with `ZMQ`. `title`: what it finds,
    in a few words. `severity`: error, warning (default) or note. `name`: a second word to select it by; by
    default the function's name, where no other rule has it. The docstring is what
    `orchestrator explain CODE` prints.
    """
    if not isinstance(code, str):
        raise TypeError('write @rule("ACME001", "what it finds")')
    check_code(code)
    if not isinstance(title, str) or not title.strip():
        raise TypeError(f"{code}: the title says in a few words what the rule finds")
    if severity not in tuple(Severity):
        raise ValueError(f"{code}: there is no severity {severity!r}: write error, warning or note")
    if name is not None:
        check_name(name)

    def declare(check: Check) -> OwnRule:
        if not callable(check):
            raise TypeError(f"{code}: a rule is a function that gets the topology")
        place = _code_of(check)
        if place is not None and place.co_flags & _ASYNC:
            raise TypeError(f"{code}: a rule is no `async def`: it has nothing to wait for")
        declared = OwnRule(
            code=code,
            name=name or _name_of(check) or code,
            is_named=name is not None,
            severity=Severity(severity),
            title=" ".join(title.split()),
            check=check,
            page=_dedented(check.__doc__ or ""),
            file=place.co_filename if place else "",
            line=place.co_firstlineno if place else 0,
        )
        DECLARED.setdefault(str(getattr(check, "__module__", "")), []).append(declared)
        return declared

    return declare


def finding(
    where: Where,
    message: str,
    *,
    key: str | tuple[str | int, ...] = (),
    remedy: str | None = None,
    related: Iterable[tuple[str, Where]] = (),
) -> Finding:
    """A finding about `where`: the fact, with names in backticks, and in `remedy` what to do about it.

    `where` is a node, a socket, a link, a message, an endpoint, the topology, or any of their parts that has
    a `span`, or a Span. `key` points into it: `key="replicas"`, `key=("restart", "policy")`. `related` are
    other places and what they have to do with it: `[("the other one is here", other)]`.
    """
    return Finding(
        where=where,
        message=" ".join(message.split()) if isinstance(message, str) else message,
        key=(key,) if isinstance(key, str) else tuple(key),
        remedy=None if remedy is None else str(remedy),
        related=tuple((str(text), other) for text, other in related),
    )


def is_place(value: object) -> bool:
    """Whether a finding can be about this."""
    return isinstance(value, Span | Link) or isinstance(getattr(value, "span", None), Span)


def check_code(code: str) -> None:
    """Raise ValueError for what can't be the code of a rule of the user's."""
    if code.upper().startswith(OURS):
        raise ValueError(f"{code}: {OURS}… is the orchestrator's own: take another prefix")
    if not _CODE.fullmatch(code):
        raise ValueError(f"{code!r} is no code: write capital letters, then digits, such as ACME001")


def check_name(name: str) -> None:
    """Raise ValueError for what can't be the name of a rule."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name: write small letters, digits and dashes, such as no-team")


def _code_of(check: Check) -> Any:
    """The code of a function, a decorated one, or an object that can be called; None for what is built in."""
    inner: Any = check
    while hasattr(inner, "__wrapped__"):
        inner = inner.__wrapped__
    return getattr(inner, "__code__", None) or getattr(type(inner).__call__, "__code__", None)


def _name_of(check: Check) -> str | None:
    name = str(getattr(check, "__name__", "")).strip("_").lower()
    name = re.sub("_+", "-", name)
    return name if _NAME.fullmatch(name) else None


def _dedented(text: str) -> str:
    """A docstring without its indentation (PEP 257)."""
    from textwrap import dedent

    first, _, rest = text.strip().partition("\n")
    return f"{first}\n{dedent(rest)}".strip()
