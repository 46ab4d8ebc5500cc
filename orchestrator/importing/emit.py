"""A draft as the text of a topology file: laid out like `orchestrator fmt` does it, with comments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from orchestrator.importing.comments import OPEN, as_yaml, kept, opened, sentences
from orchestrator.importing.draft import Draft, Left, NodeDraft, SocketDraft
from orchestrator.importing.texts import writable
from orchestrator.source import to_yaml
from orchestrator.source.layout import LayoutError, format_text
from orchestrator.spec.order import key_order

_LOST: Final = "Without a counterpart here:"


def emit(draft: Draft, *, schema: str | None = None) -> str:
    """The text of the file. It says in comments what was lost, and what is open.

    `schema`: the way to the schema of topology files, for editors.
    """
    lines = [f"# yaml-language-server: $schema={schema}"] if schema else []
    lines += sentences([f"Imported from {draft.made_from} by `orchestrator import`."])
    lines += sentences([_what_is_open(draft), *draft.notes, *draft.hints])
    lines += _lost(draft.left)
    lines += ["", "version: 1", *_entry("name", draft.name)]
    if draft.defaults:
        lines += ["", *sentences(draft.about_defaults), "defaults:"]
        lines += _indented(line for key, value in draft.defaults.items() for line in _entry(key, value))
    lines += ["", "nodes:" if draft.nodes else "nodes: {}"]
    for index, node in enumerate(draft.nodes):
        lines += [""] if index else []
        lines += _indented(_node(node))
    return _laid_out("\n".join(lines) + "\n")


def count_open(draft: Draft) -> int:
    """How much has to be filled in before the topology is valid."""
    programs = sum(node.command is None and node.use is None for node in draft.nodes)
    keys = sum(len(socket.open_keys) for node in draft.nodes for socket in node.sockets)
    return programs + keys + sum(len(node.problems) for node in draft.nodes)


def _what_is_open(draft: Draft) -> str:
    count = count_open(draft)
    if not count:
        return "What the source does not tell, or has no counterpart here, stands in comments."
    return (
        f"{count} {'thing' if count == 1 else 'things'} can't be known from the source: look for `{OPEN}`; "
        "`orchestrator validate` names the places."
    )


def _laid_out(text: str) -> str:
    try:
        return format_text(text, key_order)
    except LayoutError:  # a key so long that YAML writes it behind `?`: valid, only less pretty
        return text


def _node(node: NodeDraft) -> list[str]:
    lines = [*sentences((*node.notes, *node.hints)), *_lost(node.left)]
    for problem in node.problems:
        lines += opened(f"{problem}.")
    if node.command is None and node.use is None:
        lines += [*opened(node.open_program), "command:"]
    command = list(node.command) if isinstance(node.command, tuple) else node.command
    words: dict[str, Any] = {
        "command": command,
        "use": node.use,
        "kind": node.kind,
        "process": node.process,
        "replicas": node.replicas,
        "profiles": list(node.profiles),
        "env": dict(node.env),
        "env_file": _one_or_more(node.env_file),
        "cwd": node.cwd,
        "depends_on": {name: {"condition": word} for name, word in node.depends_on.items()},
        "sockets": node.sockets,
        "health": dict(node.health),
        "restart": dict(node.restart),
        "stop": dict(node.stop),
        "resources": dict(node.resources),
        "labels": dict(node.labels),
    }
    said = {key: value for key, value in words.items() if value not in (None, "", [], {}, ())}
    inside: list[str] = lines
    for key in dict.fromkeys([*said, *node.about]):
        inside += sentences(node.about.get(key, ()))
        if key == "sockets" and key in said:
            inside += ["sockets:", *_indented(line for socket in node.sockets for line in _socket(socket))]
        elif key in said:
            inside += _entry(key, said[key])
    inside += kept(node.sketch)
    return [*_indented_key(node.name), *_indented(inside)]


def _socket(socket: SocketDraft) -> list[str]:
    words: dict[str, Any] = {
        "type": None if socket.type is None else str(socket.type),
        "bind": _one_or_more(socket.bind),
        "connect": _one_or_more(socket.connect),
        "subscribe": list(socket.subscribe),
        "options": dict(socket.options),
    }
    said = {key: value for key, value in words.items() if value not in (None, [], {})}
    inside = [*sentences(socket.notes), *_lost(socket.left)]
    for key, value in said.items():
        inside += _entry(key, value)
    for key, why in socket.open_keys.items():
        inside += [*opened(why), f"{key}:"]
    return [*_indented_key(socket.name), *_indented(inside)]


def _lost(left: tuple[Left, ...]) -> list[str]:
    return [f"# {_LOST}", *kept(as_yaml({one.name: one.value for one in left}))] if left else []


def _one_or_more(texts: tuple[str, ...]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else list(texts)


def _indented_key(name: str) -> list[str]:
    (line,) = _entry(name, None)
    return [line.removesuffix(" null")]


def _entry(key: str, value: Any) -> list[str]:
    return to_yaml({str(writable(key)): writable(value)}, literal=False).removesuffix("\n").split("\n")


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" if line else line for line in lines]
