"""A parameter is read as a number, and its form is lost.

## Why

Without quotes `010` is the number ten here, eight to readers of YAML 1.1, and never the text `010`. A version
`1.10` is the number 1.1: the node gets the version before the ninth. Variables (`env`) and labels are handed
over as they are written; parameters are not.

Numbers that end in zeros are told only where the name speaks of a version, a release, a tag or a revision.

## Bad

```yaml
nodes:
  feed:
    run: market.feed:Feed
    params: {protocol_version: 1.10, station: 007}
```

## Good

```yaml
nodes:
  feed:
    run: market.feed:Feed
    params: {protocol_version: "1.10", station: "007", price: 1.50}
```

## Source

YAML 1.2.2, section 10.3.2; YAML 1.1's type repository, int and float.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Edit, Fix, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.scalars import Given, given
from orchestrator.rules.yaml11 import has_leading_zero, leading_zero_elsewhere
from orchestrator.vocabulary import JsonValue

CODE: Final = "ZMQ911"
NAME: Final = "number-loses-form"
SEVERITY: Final = Severity.WARNING

_VERSIONED: Final = re.compile(r"(?:^|[^a-z])(?:versions?|ver|releases?|tags?|revisions?|rev)$")
_ENDS_IN_ZERO: Final = re.compile(r"[0-9]+\.[0-9]*[1-9]0+")
_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find plain numbers in parameters whose text says more than the number."""
    for value in given(context, _is_suspect):
        told = _loss(value) if value.written.is_plain else None
        if told is not None:
            yield _finding(context, value, told)


def _is_suspect(kind: str, name: str, value: JsonValue) -> bool:
    if kind != "params" or isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and _is_version(name))


def _loss(value: Given) -> str | None:
    text = value.written.text
    if isinstance(value.value, int) and has_leading_zero(text):
        elsewhere = leading_zero_elsewhere(text)
        return f"the number {value.value} here (YAML 1.2), and {elsewhere} to readers of YAML 1.1"
    if isinstance(value.value, float) and _ENDS_IN_ZERO.fullmatch(text):
        return f"the number {value.value:g}, as {value.value:g} itself is"
    return None


def _is_version(name: str) -> bool:
    return _VERSIONED.search(_CAPITAL.sub("_", name).lower()) is not None


def _finding(context: RuleContext, value: Given, told: str) -> Diagnostic:
    text = value.written.text
    span = context.topology.place(*value.path)
    plain = f", or `{value.value}` for the number" if isinstance(value.value, int) else ""
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"the parameter `{value.name}: {text}` is {told}",
        span=span,
        path=value.path,
        help=f'write `"{text}"` for the text{plain}',
        fix=Fix(title="Put it in quotes", edits=(Edit(span, f'"{text}"'),), safe=False),
    )
