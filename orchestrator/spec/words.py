"""Words for keys, values and types in findings."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any, Final

from orchestrator.spec.guesses import target_remedy
from orchestrator.vocabulary import Path

TYPE_WORDS: Final = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}

_YAML_11_TRUE: Final = frozenset({"yes", "on", "y"})
_YAML_11_FALSE: Final = frozenset({"no", "off", "n"})
_NUMBER: Final = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
_CHARACTERS_SHOWN: Final = 60


def json_type(value: object) -> str:
    """JSON Schema's name for a value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "integer" if math.isfinite(value) and value.is_integer() else "number"
    if isinstance(value, list):
        return "array"
    return "object" if isinstance(value, dict) else "string"


def type_words(value: object) -> str:
    """A value's type in a sentence. Data built in code may have types that no file has."""
    if json_type(value) == "string" and not isinstance(value, str):
        return f"a `{type(value).__name__}`"
    return TYPE_WORDS[json_type(value)]


def shown(value: object) -> str:
    """A value as it may stand in a sentence."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, float) and value.is_integer():
        text = str(int(value))
    text = text if len(text) <= _CHARACTERS_SHOWN else text[: _CHARACTERS_SHOWN - 1] + "…"
    return f"`{text}`" if text else "an empty text"


def label(path: Path) -> str:
    """What stands at a path, by the names the user gave: the node `feed`, `restart` of the node `feed`."""
    if not path:
        return "the topology"
    owner, rest = _owner(path)
    if not rest:
        return owner
    keys = [part for part in rest if isinstance(part, str)]
    inner = ".".join(keys)
    item = f"item {rest[-1] + 1} of " if isinstance(rest[-1], int) else ""
    of = f" of {owner}" if owner else ""
    return f"{item}`{inner}`{of}"


def _owner(path: Path) -> tuple[str, Path]:
    if isinstance(path[0], int):  # no topology but a list of policies
        return f"policy {path[0] + 1}", path[1:]
    if path[0] == "nodes" and len(path) > 1:
        if len(path) > 3 and path[2] == "sockets":
            return f"the socket `{path[1]}.{path[3]}`", path[4:]
        return f"the node `{path[1]}`", path[2:]
    if path[0] in ("messages", "endpoints") and len(path) > 1:
        return f"the {path[0][:-1]} `{path[1]}`", path[2:]
    return "", path


def listing(words: Iterable[str], conjunction: str) -> str:
    """`a`, `b` and `c`."""
    quoted = [f"`{word}`" for word in words]
    return f" {conjunction} ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))


def alternatives(branches: list[dict[str, Any]]) -> str:
    """The titles of an `anyOf`'s branches: text or a list."""
    titles = [str(branch.get("title", "something else")) for branch in branches]
    return " or ".join(filter(None, [", ".join(titles[:-1]), titles[-1]]))


def unknown_key_remedy(key: str, known: list[str], owner: str, elsewhere: str) -> str:
    """What to do about a key that is none and is near none."""
    if elsewhere:
        return f"`{key}` is a key of {elsewhere}; {owner} has {listing(known, 'and')}"
    return f"{owner} has {listing(known, 'and')}; a key of your own starts with `x-`"


def where_it_is_a_key(key: str, schema: dict[str, Any]) -> str:
    """What has such a key: `a socket`; empty when nothing has."""
    blocks = [schema, *schema["definitions"].values()]
    titles = [b["title"] for b in blocks if key in b.get("properties", {}) and b["title"] != "a mapping"]
    return " and of ".join(t if t.startswith(("a ", "an ")) else f"`{t}`" for t in titles)


def choice_remedy(guess: str | None, allowed: list[str]) -> str:
    """The nearest of the allowed words, and all of them."""
    if guess is not None:
        return f"did you mean `{guess}`? Allowed: {listing(allowed, 'and')}"
    return f"write {listing(allowed, 'or')}"


def type_remedy(value: object, schema: dict[str, Any]) -> str | None:
    """What to write where a value has the wrong type."""
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    if isinstance(value, str) and "boolean" in kinds:
        return _boolean_remedy(value)
    if isinstance(value, str) and ("integer" in kinds or "number" in kinds) and _NUMBER.fullmatch(value):
        return f"remove the quotes: {value}"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    title = schema.get("title", "")
    if is_number and "duration" in title:
        return f"add the unit: `{value}s`, or `{value}ms`; others are `m`, `h` and `d`"
    if is_number and title.startswith("a size"):
        return f"add the unit: `{shown(value)[1:-1]}MiB`; others are `B`, `kB`, `KiB`, `MB`, `GiB`, …"
    if "string" in kinds and (is_number or isinstance(value, bool)):
        return f'put it in quotes: "{shown(value)[1:-1]}"'
    if "array" in kinds and not isinstance(value, dict):
        return "write a list: `[…]`, or one `- …` per line"
    if "object" in kinds:
        return _example(schema) or "write `key: value` lines, indented under it"
    return _example(schema)


def truth_of(value: str) -> str | None:
    """`true` or `false` for a text that says one of them in YAML 1.1, or has quotes."""
    word = value.lower()
    if word in _YAML_11_TRUE or word in _YAML_11_FALSE:
        return "true" if word in _YAML_11_TRUE else "false"
    return word if word in ("true", "false") else None


def _boolean_remedy(value: str) -> str:
    truth = truth_of(value)
    if truth is None:
        return "write `true` or `false`"
    if truth == value.lower():
        return f"remove the quotes: {truth}"
    return f"write `{truth}`: `{value}` is text in YAML 1.2"


def form_remedy(value: str, schema: dict[str, Any]) -> str | None:
    """What to write where a text has the wrong form."""
    title = schema.get("title", "")
    if title == "`module:name`":
        return target_remedy(value) or _example(schema)
    if "duration" in title:
        if _NUMBER.fullmatch(value.strip()):
            return f"add the unit: `{value.strip()}s`, or `{value.strip()}ms`; others are `m`, `h` and `d`"
        return "write a number and `ms`, `s`, `m`, `h` or `d`: `250ms`, `1.5s`, `1h30m`"
    if title.startswith("a name") or title in _NAME_RULES or title == "a node's name":
        return name_remedy(value, title)
    return _example(schema)


def name_remedy(value: str, title: str) -> str:
    """How a name has to look, with one that does."""
    if value == "auto":
        return "`auto` has a meaning of its own in `bind`; take another name"
    if title == _TOPOLOGY_NAME:
        guess = re.sub(r"[^a-z0-9-]+", "-", value.lower()).strip("-")[:63].strip("-")
        return _with_guess(
            "lower-case letters, digits and `-`, 63 at most, with no `-` at either end", guess, value
        )
    if title == "a socket's name":
        guess = re.sub(r"[^A-Za-z0-9_-]+", "_", value).lstrip("0123456789-")[:63]
        return _with_guess(_NAME_RULES[title], guess, value)
    if title in _NAME_RULES:
        return _NAME_RULES[title]
    guess = re.sub(r"[^A-Za-z0-9_-]+", "-", value).strip("-")[:63].strip("-")
    return _with_guess("letters, digits, `_` and `-`, 63 at most, with no `-` at either end", guess, value)


def _with_guess(rule: str, guess: str, value: str) -> str:
    return f"{rule}: `{guess}`" if guess and guess != value else rule


_TOPOLOGY_NAME: Final = "a name of lower-case letters, digits and `-`"
_NAME_RULES: Final = {
    "a socket's name": "letters, digits, `_` and `-`, 63 at most, starting with a letter or `_`",
    "a message's name": "letters, digits, `_`, `-` and `.`, 63 at most, starting with a letter or `_`",
    "an endpoint's name": "letters, digits, `_` and `-`, 63 at most, starting with a letter or `_`",
    "a profile's name": "letters, digits, `_`, `-` and `.`, starting with a letter or a digit",
    "a variable's name": "no blanks and no `=`",
    "a protobuf message's full name": "package and message joined by dots: `trading.Order`",
}
"""How names look that have a rule of their own."""


def _example(schema: dict[str, Any]) -> str | None:
    examples = [e for e in schema.get("examples", ()) if isinstance(e, str | int | float) and e != ""]
    return f"for example `{examples[0]}`" if examples else None
