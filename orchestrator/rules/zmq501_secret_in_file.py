"""A password, key or token stands in the file.

## Why

A topology is kept in version control, shown in reviews and drawn in diagrams. What stands in it is known to
everybody who can read the repository, for ever. A secret comes from outside: from the environment (`${VAR}`),
or from an `env_file` that is not kept with the rest.

Found by the names of variables, parameters, options and headers of hooks (`DB_PASSWORD`, `api_key`,
`curve_secretkey`, `Authorization`), and by the forms of well-known keys. The message never shows the value.

## Bad

```yaml
nodes:
  store:
    command: ./store
    env:
      DB_USER: market
      DB_PASSWORD: hunter2
```

## Good

```yaml
nodes:
  store:
    command: ./store
    env:
      DB_USER: market
      DB_PASSWORD: ${DB_PASSWORD:-}
    env_file: secrets.env
```

## Source

CWE-798, use of hard-coded credentials; the language reference, "Variables" and `env_file`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.secrets import looks_secret
from orchestrator.model.types import ForeignProgram, Hook
from orchestrator.rules.context import RuleContext
from orchestrator.rules.scalars import given
from orchestrator.vocabulary import JsonValue, Path

CODE: Final = "ZMQ501"
NAME: Final = "secret-in-file"
SEVERITY: Final = Severity.WARNING

_FORMS: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,}"
    r"|\bglpat-[A-Za-z0-9_-]{20,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\bsk_live_[A-Za-z0-9]{16,}"
    r"|\bey[A-Za-z0-9_-]{8,}\.ey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"
)
"""PEM private keys, and tokens of AWS, GitHub, GitLab, Slack, Stripe, JSON Web Tokens."""
_IN_URL: Final = re.compile(r"[a-z][a-z0-9+.-]{0,30}://[^/\s:@]*:([^/\s@$<{]+)@")
_STAND_IN: Final = re.compile(
    r"[*x.?_-]+|<.*>|\[.*\]|(change|replace|fill)[-_ ]?(me|this|in)?|(your|my|the|some)?[-_ ]?"
    r"(password|secret|token|key|redacted|placeholder|example|none|null|unknown|todo|test|hidden)",
    re.IGNORECASE,
)
"""What people write where the secret is to be put in."""
_PATH: Final = re.compile(r"(~|\.{1,2})?/[\w./~-]*|\w+://.*|[\w./-]+\.(pem|key|txt|json|env|ya?ml|crt|der)")
_PASSWORDS: Final = re.compile(r"passw|passphrase|pwd|passcode|plain_password", re.IGNORECASE)
_CREDENTIALS: Final = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})
"""Headers that hold one, and are not named so (RFC 9110, 11.6.2)."""
_FLAG: Final = re.compile(r"--?([A-Za-z][\w-]*)=(.+)", re.DOTALL)


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Look at every value that is handed to a program, and at the arguments of commands."""
    for value in given(context, _is_suspect):
        what = _secret(value.name, value.written.text)
        if what is not None:
            yield _finding(context, f"{_WHERE[value.kind]} `{value.name}`", what, value.path)
    for node in context.topology.nodes.values():
        if isinstance(node.program, ForeignProgram):
            command: Path = (*node.path, "command")
            for path, what in _in_arguments(context, command, node.program.argv):
                yield _finding(context, f"`command` of `{node.name}`", what, path)
    for hook in context.topology.hooks:
        yield from _of_hook(context, hook)


def _of_hook(context: RuleContext, hook: Hook) -> Iterator[Diagnostic]:
    for name, value in hook.headers.items():
        path: Path = (*hook.path, "headers", name)
        known_as = "token" if name.lower() in _CREDENTIALS else name
        what = _by_form(value) or _by_name(known_as, value.rpartition(" ")[2])
        if what is not None and context.topology.written(path) is not None:
            yield _finding(context, f"the header `{name}`", what, path)
    for path, what in _in_arguments(context, (*hook.path, "command"), hook.command or ()):
        yield _finding(context, "`command` of a hook", what, path)


_WHERE: Final = {
    "env": "the variable",
    "params": "the parameter",
    "options": "the option",
    "labels": "the label",
}


def _finding(context: RuleContext, where: str, what: str, path: Path) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        severity=SEVERITY,
        message=f"{where} holds {what}, for everybody to read",
        span=context.topology.key_place(*path),
        path=path,
        help="take it from the environment, `${NAME}`, or from an `env_file` that is not kept with the rest; "
        "a secret that was ever committed should be replaced",
        private=True,
    )


def _is_suspect(_: str, name: str, value: JsonValue) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    return _secret(name, str(value)) is not None


def _secret(name: str, text: str) -> str | None:
    """What the value is, if it is a secret."""
    return _by_form(text) or _by_name(name, text)


_looks_secret = lru_cache(maxsize=4096)(looks_secret)


def _by_form(text: str) -> str | None:
    if _FORMS.search(text):
        return "a private key or token"
    found = _IN_URL.search(text)
    return "an address with a password" if found and not _STAND_IN.fullmatch(found[1]) else None


def _by_name(name: str, text: str) -> str | None:
    if not text.strip() or not _looks_secret(name) or _STAND_IN.fullmatch(text) or _PATH.fullmatch(text):
        return None
    if _PASSWORDS.search(name):
        return "a password"
    random = len(text) >= 12 and " " not in text and any(c.isdigit() for c in text)
    return "what looks like a key or token" if random else None


def _in_arguments(context: RuleContext, command: Path, argv: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    """`--password=x`, `--token x`, and the forms of well-known keys, where no variable stands for them."""
    previous = ""
    for index, argument in enumerate(argv):
        found = _FLAG.fullmatch(argument)
        name, text = (found[1], found[2]) if found else (previous, argument)
        what = _by_form(argument) or (_by_name(name, text) if name else None)
        if what is not None:
            in_one = context.topology.written(command) is not None
            path = command if in_one else (*command, index)
            if context.topology.written(path) is not None:
                yield path, what
        previous = argument.lstrip("-") if argument.startswith("-") and not found else ""
