"""`include` of docker compose: the services of other files, with their paths seen from the first one.

Source: the Compose Specification, 14-include.md.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import Final

from orchestrator.importing.compose_extends import Extending, moved
from orchestrator.importing.compose_paths import rebased
from orchestrator.importing.compose_values import items, mapping, scalar_text
from orchestrator.importing.errors import wrong
from orchestrator.source.foreign import Foreign

ReadTop = Callable[[str], "dict[str, Foreign] | None"]
"""A path from the first file's directory -> the top of the file there; None where it can't be read."""

_NOTHING: Final = Foreign(None, 1, 1)
_RESOLVE: Final = "`docker compose config` writes one file with everything in it; import that one"


def all_services(top: Mapping[str, Foreign], file: str, read: ReadTop) -> dict[str, Foreign]:
    """The services of a file and of all that it includes, each with what it extends.

    Raises SourceError for a file that can't be read, for circles, and for a name that stands in two files.
    """
    return _services(top, "", file, read, ())


def _services(
    top: Mapping[str, Foreign], path: str, file: str, read: ReadTop, open_: tuple[str, ...]
) -> dict[str, Foreign]:
    own = mapping(top.get("services", _NOTHING), "`services`", file)
    directory = posixpath.dirname(path)
    extending = Extending(own, file, lambda other: _of_top(read(rebased(other, directory)), file))
    found = {name: moved(extending.resolved(name), directory, file) for name in own}
    for item in items(top.get("include", _NOTHING), "`include`", file):
        for name, service in _included(item, path, file, read, (*open_, path)).items():
            if name in found:
                remedy = "give one of them another name"
                raise wrong(file, item, f"`{name}`, which this includes, is a service already", remedy)
            found[name] = service
    return found


def _included(
    item: Foreign, path: str, file: str, read: ReadTop, open_: tuple[str, ...]
) -> dict[str, Foreign]:
    named = item.data.get("path", _NOTHING) if isinstance(item.data, dict) else item
    paths = [scalar_text(one) or "" for one in items(named, "`path`", file)]
    if len(paths) != 1:
        raise wrong(file, item, f"{len(paths)} files are to be one here", _RESOLVE)
    target = rebased(posixpath.normpath(paths[0]), posixpath.dirname(path))
    if target in open_:
        raise wrong(file, item, f"`{paths[0]}` includes itself", "remove one of the two")
    top = read(target)
    if top is None:
        raise wrong(file, item, f"`{paths[0]}` can't be read, which this includes", _RESOLVE)
    return _services(top, target, file, read, open_)


def _of_top(top: Mapping[str, Foreign] | None, file: str) -> Mapping[str, Foreign] | None:
    return None if top is None else mapping(top.get("services", _NOTHING), "`services`", file)
