"""`extends` of docker compose: a service with what it takes from another one, of its file or of another.

Source: the Compose Specification, 05-services.md ("extends") and 13-merge.md.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from orchestrator.importing.compose_paths import rebased
from orchestrator.importing.compose_values import items, mapping, scalar_text
from orchestrator.importing.errors import wrong
from orchestrator.source.foreign import Foreign

OtherFile = Callable[[str], Mapping[str, Foreign] | None]
"""A path from the first file's directory -> the services of the file there; None where it can't be read."""

_REPLACED: Final = frozenset({"command", "entrypoint", "test"})
_NAMED: Final[Mapping[str, str | None]] = {
    "environment": "=", "labels": "=", "annotations": "=", "sysctls": "=", "extra_hosts": ":",
    "depends_on": None, "networks": None,
}  # fmt: skip
"""What is a mapping or a list of names; and what stands between name and value in an item of that list."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A service of a file, by the path to that file."""

    path: str
    name: str


class Extending:
    """Resolves services of one file. Raises SourceError for circles, and for services that do not exist."""

    def __init__(self, services: Mapping[str, Foreign], file: str, other: OtherFile) -> None:
        self._files: dict[str, Mapping[str, Foreign] | None] = {"": services}
        self._file = file
        self._other = other

    def resolved(self, name: str) -> Foreign:
        """The service with all that it takes over. `extends` stays in it where the other can't be read."""
        return self._service(_Place("", name), ())

    def _service(self, place: _Place, open_: tuple[_Place, ...]) -> Foreign:
        services = self._files[place.path]
        assert services is not None
        value = moved(services[place.name], posixpath.dirname(place.path), self._file)
        own = dict(mapping(value, f"the service `{place.name}`", self._file))
        extends = own.get("extends")
        if extends is None or extends.data is None:
            return value
        base = self._base(extends, place)
        if base in (*open_, place):
            remedy = "let one of them extend nothing"
            raise wrong(self._file, extends, f"`{place.name}` extends itself", remedy)
        found = self._services(base.path)
        if found is None:
            return value
        if base.name not in found:
            remedy = f"the services there are {', '.join(found)}"
            raise wrong(self._file, extends, f"`{base.name}`, which this extends, is no service", remedy)
        del own["extends"]
        taken = self._service(base, (*open_, place))
        return merged(taken, replace(value, data=own), self._file)

    def _base(self, extends: Foreign, place: _Place) -> _Place:
        if not isinstance(extends.data, dict):
            return _Place(place.path, scalar_text(extends) or "")
        name = scalar_text(extends.data.get("service", Foreign(None, 0, 0))) or ""
        file = scalar_text(extends.data.get("file", Foreign(None, 0, 0)))
        if file is None:
            return _Place(place.path, name)
        return _Place(rebased(posixpath.normpath(file), posixpath.dirname(place.path)), name)

    def _services(self, path: str) -> Mapping[str, Foreign] | None:
        if path not in self._files:
            self._files[path] = self._other(path)
        return self._files[path]


def merged(base: Foreign, own: Foreign, file: str, key: str = "") -> Foreign:
    """What `own` says over what `base` says: mappings key by key, lists one behind the other."""
    if own.data is None or key in _REPLACED:
        return base if own.data is None else own
    if key in _NAMED:
        base, own = _by_name(base, _NAMED[key], file), _by_name(own, _NAMED[key], file)
    if isinstance(base.data, dict) and isinstance(own.data, dict):
        both = dict(base.data)
        for name, value in own.data.items():
            both[name] = merged(both[name], value, file, name) if name in both else value
        return replace(own, data=both)
    if isinstance(own.data, list) or isinstance(base.data, list):
        return replace(own, data=_both(base, own, key, file))
    return own


def _both(base: Foreign, own: Foreign, key: str, file: str) -> list[Foreign]:
    """One list behind the other; a mount gives way to one of its place."""
    before, behind = (list(items(value, f"`{key}`", file)) for value in (base, own))
    if key == "volumes":
        places = {_mounted_at(item) for item in behind}
        before = [item for item in before if _mounted_at(item) not in places]
    return before + behind


def _mounted_at(item: Foreign) -> str:
    if isinstance(item.data, dict):
        return scalar_text(item.data.get("target", Foreign(None, 0, 0))) or ""
    parts = (scalar_text(item) or "").split(":")
    return parts[1] if len(parts) > 1 else parts[0]


def _by_name(value: Foreign, between: str | None, file: str) -> Foreign:
    """A list of `NAME=value`, or of names, as the mapping it stands for."""
    if not isinstance(value.data, list):
        return value
    found: dict[str, Foreign] = {}
    for item in value.data:
        text = scalar_text(item)
        if text is None:
            raise wrong(file, item, "this is no text", "write one text per item")
        name, sign, rest = text.partition(between) if between else (text, "", "")
        nothing: dict[str, Foreign] | None = {} if between is None else None
        found[name] = replace(item, data=rest if sign else nothing)
    return replace(value, data=found)


def moved(service: Foreign, base: str, file: str) -> Foreign:
    """A service of a file in the directory `base`, with its relative paths seen from outside of it."""
    if not base:
        return service
    data = dict(mapping(service, "the service", file))
    if "env_file" in data:
        data["env_file"] = _each(data["env_file"], "path", base, file)
    if "volumes" in data:
        data["volumes"] = _each(data["volumes"], "source", base, file)
    return replace(service, data=data)


def _each(value: Foreign, key: str, base: str, file: str) -> Foreign:
    return replace(value, data=[_item(item, key, base) for item in items(value, "this", file)])


def _item(item: Foreign, key: str, base: str) -> Foreign:
    if isinstance(item.data, dict):
        inner = item.data.get(key)
        data = item.data if inner is None else {**item.data, key: _path(inner, key, base)}
        return replace(item, data=data)
    return _path(item, key, base)


def _path(value: Foreign, key: str, base: str) -> Foreign:
    """A path; for a mount, one that starts with a dot: else it is the name of a volume."""
    text = scalar_text(value)
    if text is None or (key == "source" and not text.startswith(".")):
        return value
    path, colon, rest = text.partition(":") if key == "source" else (text, "", "")
    there = rebased(path, base)
    return replace(value, data=f"{there if there.startswith(('.', '/', '$')) else './' + there}{colon}{rest}")
