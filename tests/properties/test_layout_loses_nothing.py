"""`fmt` on whatever can be written: done twice it is done once, and neither value nor comment is lost."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from orchestrator.source.layout import format_text
from orchestrator.spec.order import key_order

KEYS = [
    "version",
    "name",
    "nodes",
    "sockets",
    "type",
    "bind",
    "run",
    "params",
    "x-a",
    '"q r"',
    "'s'",
    "env",
    "é",
]
PLAIN = ["a", "1", "tcp://*:5", "yes", "~", "a b", "a#b", "-x", "${A}", "ü"]
QUOTED = ["'it''s'", "'plain'", '"a # b"', '"\\t\\u00e9"', "'# no'", "''", '""', "'a \"b\"'", "'\\n'"]


class Author:
    """Writes a document as somebody might."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.lines: list[str] = []
        self.comments = 0
        self.anchors = 0

    def comment(self) -> str:
        self.comments += 1
        return f"#{self.draw(st.sampled_from(['', ' ', '  ']))}c{self.comments}{self.draw(st.sampled_from(['', ' # x', ' ']))}"

    def some(self, chance: int) -> bool:
        return bool(self.draw(st.integers(0, chance)) == chance)

    def gap(self, indent: int) -> None:
        """Blank lines and comments between entries."""
        while self.some(3):
            if self.some(1):
                self.lines.append(" " * self.draw(st.sampled_from([0, 0, 3])))
            else:
                depth = self.draw(st.sampled_from([indent, indent, max(indent - 1, 0), indent + 2, 0]))
                self.lines.append(" " * depth + self.comment())

    def end(self, line: str) -> None:
        """End a line, perhaps with a comment."""
        if self.some(4):
            line += " " * self.draw(st.integers(1, 5)) + self.comment()
        elif self.some(6):
            line += "  "
        self.lines.append(line)

    def properties(self) -> str:
        if self.some(6):
            self.anchors += 1
            return f"&n{self.anchors} "
        return "!!str " if self.some(12) else ""

    def scalar(self) -> str:
        if self.anchors and self.some(8):
            return f"*n{self.draw(st.integers(1, self.anchors))}"
        return self.properties() + self.draw(st.sampled_from(PLAIN + QUOTED))

    def flow(self, depth: int) -> str:
        inner = [
            self.flow(depth - 1) if depth and self.some(3) else self.inline()
            for _ in range(self.draw(st.integers(0, 3)))
        ]
        if self.some(1):
            return f"[{self.space()}{f',{self.space()}'.join(inner)}{self.space()}]"
        keys = self.draw(
            st.lists(st.sampled_from(KEYS), min_size=len(inner), max_size=len(inner), unique=True)
        )
        pairs = [f"{key}: {value}" for key, value in zip(keys, inner, strict=True)]
        return f"{{{self.space()}{f',{self.space()}'.join(pairs)}{self.space()}}}"

    def inline(self) -> str:
        return self.draw(st.sampled_from(["a", "1", "'x'", '"y z"', "~"]))

    def space(self) -> str:
        return self.draw(st.sampled_from(["", " ", "  "]))

    def mapping(self, indent: int, depth: int, lead: str = "") -> None:
        keys = self.draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True))
        for index, key in enumerate(keys):
            if index or not lead:
                self.gap(indent)
            self.value((lead if index == 0 and lead else " " * indent) + f"{key}:", indent, depth)

    def sequence(self, indent: int, depth: int) -> None:
        for _ in range(self.draw(st.integers(1, 3))):
            self.gap(indent)
            head = " " * indent + "-"
            if depth and self.some(2):
                spaces = self.draw(st.integers(1, 3))
                self.mapping(indent + 1 + spaces, depth - 1, head + " " * spaces)
            else:
                self.value(head, indent, depth)

    def value(self, head: str, indent: int, depth: int) -> None:
        kind = 9 - self.draw(st.integers(0, 9))
        step = self.draw(st.sampled_from([2, 2, 4, 3]))
        if kind <= 1 and depth:
            self.end(f"{head} {self.properties_of_block()}".rstrip())
            self.mapping(indent + step, depth - 1)
        elif kind == 2 and depth:
            self.end(head)
            self.sequence(indent + self.draw(st.sampled_from([2, 3])), depth - 1)
        elif kind == 3:
            self.end(f"{head} {self.flow(2)}")
        elif kind == 4:
            self.block_scalar(head, indent, step)
        elif kind == 5:
            self.long_flow(head, indent + step)
        elif kind == 6:
            self.end(head)
            while self.some(3):
                self.lines.append(" " * (indent + 1) + self.comment())
            self.end(" " * (indent + step) + self.scalar())
        elif kind == 7:
            self.lines.append(f'{head} "long')
            self.end(" " * (indent + step) + 'text"')
        elif kind == 8:
            self.end(head)
        else:
            self.end(f"{head}{' ' * self.draw(st.integers(1, 3))}{self.scalar()}")

    def properties_of_block(self) -> str:
        if self.some(6):
            self.anchors += 1
            return f"&n{self.anchors}"
        return ""

    def block_scalar(self, head: str, indent: int, step: int) -> None:
        sign = self.draw(st.sampled_from(["|", ">"])) + self.draw(st.sampled_from(["", "+", "-"]))
        explicit = self.some(3)
        self.end(f"{head} {sign}{step if explicit else ''}")
        pad = " " * (indent + step)
        if explicit and self.some(1):
            self.lines.append(pad + " leads")
        for line in self.draw(
            st.lists(st.sampled_from(["text", "# no comment", "  more", "a: b"]), min_size=1, max_size=3)
        ):
            self.lines.append(pad + (line.lstrip() if not explicit else line))
            if self.some(3):
                self.lines.append("")

    def long_flow(self, head: str, indent: int) -> None:
        self.lines.append(f"{head} [a,")
        if self.some(1):
            self.lines.append(" " * indent + self.comment())
        self.end(" " * indent + "b,")
        self.end(" " * indent + "{c: d}]")


@st.composite
def documents(draw: Any) -> str:
    author = Author(draw)
    author.gap(0)
    if author.some(6):
        author.lines.append("---")
    author.mapping(0, 3)
    author.gap(0)
    return "\n".join(author.lines) + draw(st.sampled_from(["", "\n", "\n\n"]))


def tree(text: str) -> Any:
    """What PyYAML reads, every scalar as a text, so that nothing is left to interpretation."""
    return yaml.load(text, Loader=yaml.BaseLoader)


def comments(text: str) -> Counter[str]:
    return Counter(re.findall(r"# *c\d+", text))


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@given(documents())
def test_layout(text: str) -> None:
    try:
        before = tree(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        assume(False)
    made = format_text(text, key_order)
    assert tree(made) == before
    assert comments(made) == comments(text)
    assert format_text(made, key_order) == made
    assert not re.search(r"[ \t]+\n", re.sub(r"[|>][-+1-9]*( #.*)?\n( .*\n|\n)*", "", made)) or "long" in made
