"""Docker compose files (the Compose Specification) to a draft: a service becomes a `command` node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from orchestrator.importing.compose_include import all_services
from orchestrator.importing.compose_reasons import left_of_file
from orchestrator.importing.compose_service import Service, Surroundings
from orchestrator.importing.compose_values import scalar_text
from orchestrator.importing.draft import Draft
from orchestrator.importing.errors import SourceError, wrong
from orchestrator.importing.names import all_unique, label
from orchestrator.source.foreign import Foreign, ForeignError, read_foreign
from orchestrator.vocabulary import JsonValue

_CONTAINERS: Final = (
    "Its services ran in containers; here they are programs of this machine: paths, users, host names and "
    "ports are its own. An unhealthy node is restarted here; docker compose only says so. A node that ends "
    "ends the topology, unless it is `kind: task` or `expendable: true`."
)
_DEFAULTS: Final[Mapping[str, JsonValue]] = {"restart": "never", "stop": {"grace": "10s"}}
_ABOUT_DEFAULTS: Final = "What docker compose does where a service says nothing."
OtherText = Callable[[str], tuple[str, str] | None]
"""A path from the compose file's directory -> its name for messages and its text; None for no such file."""
_TAKEN: Final = frozenset({"services", "include", "name", "version"})


def read_compose(
    text: str, file: str, name: str, *, base: str = "", other: OtherText = lambda _: None
) -> Draft:
    """The draft of a compose file. Raises SourceError for what is none.

    `base`: the way from the topology's directory to that of the compose file; empty where they are one.
    `other`: reads a file that a service of this one extends.
    """
    top = _top(text, file)
    services = all_services(top, file, lambda path: _other_top(path, other))
    if not services:
        raise SourceError(file, 1, "no service is described here", _remedy(top))
    names = all_unique(services)
    surroundings = Surroundings(file=file, base=base, names=names)
    found = [Service(key, value, surroundings) for key, value in services.items()]
    waited_for = {name for service in found for name in service.wants_completed}
    said = scalar_text(top.get("name", Foreign(None, 1, 1)))
    return Draft(
        name=label(said if said and "$" not in said else name),
        made_from=f"{file} (docker compose)",
        nodes=tuple(service.node(is_task=service.key in waited_for) for service in found),
        notes=(_CONTAINERS,),
        defaults=_DEFAULTS,
        about_defaults=(_ABOUT_DEFAULTS,),
        left=left_of_file({key: value for key, value in top.items() if key not in _TAKEN}),
    )


def _other_top(path: str, other: OtherText) -> dict[str, Foreign] | None:
    found = other(path)
    return None if found is None else _top(found[1], found[0])


def _remedy(top: Mapping[str, Foreign]) -> str:
    is_first_version = any(
        isinstance(value.data, dict) and ("image" in value.data or "build" in value.data)
        for value in top.values()
    )
    if is_first_version:
        return "this is the first version of the format: put `services:` above, and indent the rest"
    return "a compose file has `services:` at its top"


def _top(text: str, file: str) -> dict[str, Foreign]:
    try:
        root = read_foreign(text, file)
    except ForeignError as problem:
        remedy = problem.remedy or "check this line and the one before it"
        if "second document" in problem.message:
            remedy = "`docker compose config` makes one of them"
        raise SourceError(file, problem.line, problem.message, remedy, problem.column) from None
    if root is None or not isinstance(root.data, dict):
        place = root or Foreign(None, 1, 1)
        raise wrong(file, place, "this is no compose file", "a compose file has `services:` at its top")
    return dict(root.data)
