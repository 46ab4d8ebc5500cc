"""Docker compose files (the Compose Specification) to a draft: a service becomes a `command` node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orchestrator.importing.comments import as_yaml
from orchestrator.importing.compose_service import Service, Surroundings
from orchestrator.importing.compose_values import mapping, scalar_text
from orchestrator.importing.draft import Draft
from orchestrator.importing.errors import SourceError, wrong
from orchestrator.importing.names import all_unique, label
from orchestrator.source.foreign import Foreign, ForeignError, read_foreign
from orchestrator.vocabulary import JsonValue

_CONTAINERS: Final = (
    "Its services ran in containers; here they are programs of this machine: paths, users, host names and "
    "ports are its own. An unhealthy node is restarted here; docker compose only says so."
)
_DEFAULTS: Final[Mapping[str, JsonValue]] = {"restart": "never", "stop": {"grace": "10s"}}
_ABOUT_DEFAULTS: Final = "What docker compose does where a service says nothing."
_RESOLVE: Final = "`docker compose config` writes one file in which that is resolved; import that one."


def read_compose(text: str, file: str, name: str, *, base: str = "") -> Draft:
    """The draft of a compose file. Raises SourceError for what is none.

    `base`: the way from the topology's directory to that of the compose file; empty where they are one.
    """
    top = _top(text, file)
    services = mapping(top.pop("services", Foreign(None, 1, 1)), "`services`", file)
    if not services:
        raise SourceError(
            file, 1, "no service is described here", "a compose file has `services:` at its top"
        )
    names = all_unique(services)
    surroundings = Surroundings(file=file, base=base, names=names)
    found = [Service(key, value, surroundings) for key, value in services.items()]
    waited_for = {other for service in found for other in service.wants_completed}
    top.pop("version", None)
    said = scalar_text(top.pop("name", Foreign(None, 1, 1)))
    notes = [_CONTAINERS]
    if "include" in top:
        notes.append(f"The source includes other files. {_RESOLVE}")
    return Draft(
        name=label(said if said and "$" not in said else name),
        origin=f"{file} (docker compose)",
        nodes=tuple(service.node(is_task=service.key in waited_for) for service in found),
        notes=tuple(notes),
        defaults=_DEFAULTS,
        about_defaults=(_ABOUT_DEFAULTS,),
        kept=as_yaml(top),
    )


def _top(text: str, file: str) -> dict[str, Foreign]:
    try:
        root = read_foreign(text)
    except ForeignError as problem:
        remedy = problem.remedy or "check this line and the one before it"
        raise SourceError(file, problem.line, problem.message, remedy, problem.column) from None
    if root is None or not isinstance(root.data, dict):
        place = root or Foreign(None, 1, 1)
        raise wrong(file, place, "this is no compose file", "a compose file has `services:` at its top")
    return dict(root.data)
