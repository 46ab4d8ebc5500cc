"""A Procfile, as foreman, honcho and Heroku read it, to a draft: a line per process, run by a shell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from orchestrator.importing.draft import Draft, NodeDraft, Origin
from orchestrator.importing.errors import SourceError
from orchestrator.importing.names import all_unique, label
from orchestrator.importing.shell import command_of, remedy
from orchestrator.importing.sketch import sockets_to_fill
from orchestrator.importing.texts import literal
from orchestrator.source.foreign import Foreign
from orchestrator.span import split_lines
from orchestrator.vocabulary import JsonValue

_LINE: Final = re.compile(r"(?P<name>[A-Za-z0-9_-]+)[ \t]*:[ \t]*(?P<command>.*)")
PORT: Final = "PORT"
_FIRST_PORT: Final = 5000
_PORT_STEP: Final = 100
"""foreman and honcho count so: 5000 for the first process of the file, 5100 for the second."""
_ENDING: Final = (
    "Foreman and honcho end everything when one process ends; here it is started again when it fails, and "
    "everything ends when that does not help."
)
_RELEASE: Final = (
    "Heroku runs `release` to its end before all others. If it is that: `kind: task`, and "
    "`depends_on: {release: {condition: completed}}` at the others."
)


@dataclass(frozen=True, slots=True)
class Beside:
    """The `.env` beside a Procfile: the way to it, and the port it sets, if any."""

    env_file: str
    port: int | None = None


def read_procfile(
    text: str, file: str, name: str, *, cwd: str | None = None, beside: Beside | None = None
) -> Draft:
    """The draft of a Procfile. Raises SourceError for a line that is none of its own.

    `cwd`: the directory of the Procfile, where it is not that of the topology file.
    """
    lines = _lines(text, file)
    if not lines:
        raise SourceError(file, 1, "no process is described here", "write lines like `web: python3 web.py`")
    names = all_unique(lines)
    first_port = _FIRST_PORT if beside is None or beside.port is None else beside.port
    defaults: dict[str, JsonValue] = {}
    if beside is not None:
        defaults["env_file"] = beside.env_file
    if cwd:
        defaults["cwd"] = literal(cwd)
    return Draft(
        name=label(name),
        made_from=f"{file} (Procfile)",
        nodes=tuple(
            _node(names[key], key, value, file, first_port + index * _PORT_STEP)
            for index, (key, value) in enumerate(lines.items())
        ),
        notes=(_ENDING,),
        defaults=defaults,
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
            how = "write `name: command`, the name of A-Z a-z 0-9 _ -"
            raise SourceError(file, number, "this line describes no process", how)
        name = match["name"]
        if not match["command"]:
            raise SourceError(file, number, f"`{name}` has no command", "write one behind the colon")
        if name in found:
            message = f"`{name}` stands in line {found[name].line} already"
            raise SourceError(file, number, message, "give one another name")
        found[name] = Foreign(match["command"], number, 1, file)
    return found


def _node(name: str, written: str, line: Foreign, file: str, port: int) -> NodeDraft:
    try:
        command = command_of(str(line.data))
    except ValueError as problem:
        message = f"the command of `{written}` can't be split: {problem}"
        raise SourceError(file, line.line, message, remedy(problem)) from None
    notes = [f"`{written}` in the source."] if written != name else []
    notes += [_RELEASE] if written == "release" else []
    env = {key: literal(value) for key, value in command.env.items()}
    about: dict[str, tuple[str, ...]] = {}
    if PORT in command.variables and PORT not in env:
        env[PORT] = str(port)
        about["env"] = ("As foreman and honcho set it.",)
    return NodeDraft(
        name=name,
        command=tuple(literal(word) for word in command.words),
        env=env,
        notes=tuple(notes),
        about=about,
        sketch=sockets_to_fill(()),
        origin=Origin(file, line.line),
    )
