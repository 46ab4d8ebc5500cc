"""A word without quotes is text here, and something else to readers of YAML 1.1.

## Why

Topologies are YAML 1.2: `yes`, `no`, `on` and `off` are words, `22:22` and `1_000` are text. Readers of YAML
1.1, PyYAML among them, take them for true, false, 1342 and 1000. Whoever reads the same file with such a tool
gets something else. In quotes it is text for all of them.

In `params` it is a warning: a node that expects true or a number gets text, and in Python the text `no` is
true. Elsewhere (`env`, `labels`, `topics`, `subscribe`) it is text anyway.

## Bad

```yaml
nodes:
  feed:
    run: market.feed:Feed
    params: {compress: no}
```

## Good

```yaml
nodes:
  feed:
    run: market.feed:Feed
    params: {compress: false, answer: "no"}
```

## Source

YAML 1.1's type repository, bool and int; YAML 1.2.2, section 10.3.2; "The Norway Problem".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Edit, Fix, Severity
from orchestrator.model.types import Socket
from orchestrator.rules.context import RuleContext
from orchestrator.rules.scalars import Given, given
from orchestrator.rules.yaml11 import as_text_here
from orchestrator.vocabulary import JsonValue, Path

CODE: Final = "ZMQ910"
NAME: Final = "yaml-1-1-word"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find plain scalars that the two versions of YAML read differently, where text is taken as it is."""
    for value in given(context, _is_suspect):
        elsewhere = as_text_here(value.written.text) if value.written.is_plain else None
        if elsewhere is not None:
            yield _of_value(context, value, elsewhere)
    for socket in context.sockets:
        for key, topics in (("topics", socket.topics), ("subscribe", socket.subscribe)):
            if topics:
                yield from _of_topics(context, socket, key, topics)


def _is_suspect(kind: str, _: str, value: JsonValue) -> bool:
    return kind != "options" and isinstance(value, str) and as_text_here(value) is not None


def _of_value(context: RuleContext, value: Given, elsewhere: str) -> Diagnostic:
    text = value.written.text
    in_params = value.kind == "params"
    help_ = f'write `{elsewhere}`, or `"{text}"` for the text' if in_params else f'write `"{text}"`'
    severity = SEVERITY if in_params else Severity.NOTE
    return _finding(context, value.path, f"`{value.name}: {text}`", text, elsewhere, severity, help_)


def _of_topics(
    context: RuleContext, socket: Socket, key: str, topics: tuple[str, ...]
) -> Iterator[Diagnostic]:
    for index, topic in enumerate(topics):
        elsewhere = as_text_here(topic)
        if elsewhere is None:
            continue
        for path in ((*socket.path, key, index), (*socket.path, key)):
            written = context.topology.written(path)
            if written is not None and written.is_plain and written.text == topic:
                shown = f"`{topic}` in `{key}` of `{socket.ref}`"
                yield _finding(context, path, shown, topic, elsewhere, Severity.NOTE, f'write `"{topic}"`')


def _finding(
    context: RuleContext, path: Path, shown: str, text: str, elsewhere: str, severity: Severity, help_: str
) -> Diagnostic:
    span = context.topology.place(*path)
    return Diagnostic(
        code=CODE,
        severity=severity,
        message=f"{shown}: the text `{text}` here (YAML 1.2), and {elsewhere} to readers of YAML 1.1",
        span=span,
        path=path,
        help=help_,
        fix=Fix(
            title="Put it in quotes",
            edits=(Edit(span, f'"{text}"'),),
            safe=severity is Severity.NOTE,  # a parameter may have been meant to be true, or a number
        ),
    )
