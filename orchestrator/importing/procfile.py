"""A Procfile, as foreman, honcho and Heroku read it, to a draft: a line per process, run by a shell."""

from __future__ import annotations

import re
from typing import Final

from orchestrator.importing.draft import Draft, NodeDraft
from orchestrator.importing.errors import SourceError
from orchestrator.importing.names import all_unique, label
from orchestrator.importing.shell import command_of
from orchestrator.importing.sketch import sockets_to_fill
from orchestrator.importing.texts import literal
from orchestrator.source.foreign import Foreign
from orchestrator.span import split_lines

_LINE: Final = re.compile(r"(?P<name>[A-Za-z0-9_-]+)[ \t]*:[ \t]*(?P<command>.*)")


def read_procfile(text: str, file: str, name: str, *, cwd: str | None, env_file: str | None) -> Draft:
    """The draft of a Procfile. Raises SourceError for a line that is none of its own.

    `cwd`: the directory of the Procfile, where it is not that of the topology file. `env_file`: the `.env`
    beside it, if there is one.
    """
    lines = _lines(text, file)
    if not lines:
        raise SourceError(file, 1, "no process is described here", "write lines like `web: python3 web.py`")
    names = all_unique(lines)
    defaults = {"env_file": env_file} if env_file else {}
    if cwd:
        defaults["cwd"] = cwd
    return Draft(
        name=label(name),
        origin=f"{file} (Procfile)",
        nodes=tuple(_node(names[key], key, value, file) for key, value in lines.items()),
        notes=("Foreman and honcho end everything when one process ends; here it is started again.",),
        defaults=dict(defaults),
        about_defaults=("What the runners of a Procfile do by themselves.",) if defaults else (),
    )


def _lines(text: str, file: str) -> dict[str, Foreign]:
    """Process name -> its command line."""
    found: dict[str, Foreign] = {}
    for number, line in enumerate(split_lines(text), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        match = _LINE.fullmatch(bare)
        if match is None:
            raise SourceError(
                file,
                number,
                "this line describes no process",
                "write `name: command`, the name of A-Z a-z 0-9 _ -",
            )
        name = match["name"]
        if not match["command"]:
            raise SourceError(file, number, f"`{name}` has no command", "write one behind the colon")
        if name in found:
            raise SourceError(
                file, number, f"`{name}` stands in line {found[name].line} already", "give one another name"
            )
        found[name] = Foreign(match["command"], number, 1)
    return found


def _node(name: str, written: str, line: Foreign, file: str) -> NodeDraft:
    text = str(line.data)
    try:
        command = command_of(text)
    except ValueError as problem:
        remedy = "close the quote, or put a backslash in front of it"
        raise SourceError(
            file, line.line, f"the command of `{written}` can't be split: {problem}", remedy
        ) from None
    notes = [f"`{written}` in the source."] if written != name else []
    if written == "release":
        notes.append("Heroku runs `release` to its end before all others. If it is that: `kind: task`, and")
        notes[-1] += " `depends_on: {release: {condition: completed}}` at the others."
    about = {}
    if "PORT" in command.variables:
        about["command"] = ("foreman, honcho and Heroku set PORT; here `env: {PORT: …}` does.",)
    return NodeDraft(
        name=name,
        command=tuple(literal(word) for word in command.words),
        env={key: literal(value) for key, value in command.env.items()},
        notes=tuple(notes),
        about=about,
        sketch=sockets_to_fill(()),
    )
