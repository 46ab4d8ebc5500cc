"""One service of a compose file: key after key is taken; what is left has no counterpart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from orchestrator.importing.compose_life import health_of, restart_of, signal_of
from orchestrator.importing.compose_paths import Mount, mounts, on_host, ports, rebased
from orchestrator.importing.compose_reasons import left_of_service
from orchestrator.importing.compose_values import (
    duration,
    items,
    mapping,
    pairs,
    scalar_text,
    size,
    split,
    texts,
    translate,
)
from orchestrator.importing.draft import NodeDraft, Origin
from orchestrator.importing.errors import wrong
from orchestrator.importing.shell import remedy
from orchestrator.importing.sketch import sockets_to_fill
from orchestrator.source.foreign import Foreign
from orchestrator.vocabulary import JsonValue

_CONDITIONS: Final[Mapping[str, str]] = {
    "service_started": "started",
    "service_healthy": "healthy",
    "service_completed_successfully": "completed",
}
_NOTHING: Final = Foreign(None, 1, 1)
_HOST: Final = re.compile(
    r"(?:\b([A-Za-z][A-Za-z0-9+.-]{0,20})://|@)([^\s:/@,;?#\"'$]+)(?::([0-9]{1,5})(?![0-9])|/|$)",
    re.MULTILINE,
)
"""What stands where an address has its host."""
_VARIABLE_NAME: Final = re.compile(r"[^=\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a service needs to know of its file. `names`: service -> node."""

    file: str
    base: str
    names: Mapping[str, str]


class Service:
    """A service while it is read. Raises SourceError for values that docker compose refuses, too."""

    def __init__(self, key: str, value: Foreign, around: Surroundings) -> None:
        self.key = key
        self._around = around
        self._file = around.file
        self._data = dict(mapping(value, f"the service `{key}`", around.file))
        self._notes: list[str] = []
        self._about: dict[str, list[str]] = {}
        self._lost: dict[str, Foreign] = {}
        self._has_no_replica = False
        self._problems: dict[str, None] = {}
        self._origin = Origin(value.file or around.file, value.begins)
        self._deploy = dict(mapping(self._take("deploy"), "`deploy`", self._file))
        self._conditions = self._depends_on()
        self.wants_completed = [name for name, word in self._conditions.items() if word == "completed"]

    def node(self, *, is_task: bool) -> NodeDraft:
        """The draft of the node. `is_task`: others wait for its end."""
        name = self._around.names[self.key]
        if name != self.key:
            self._notes.append(f"`{self.key}` in the source.")
        if is_task:
            self._tell("kind", "Others wait until it has completed, so it is a task.")
        command, env = self._command(), self._env()
        mounted = mounts(self._data.get("volumes"))
        draft = NodeDraft(
            name=name,
            command=command,
            open_program=self._open_program(),
            kind="task" if is_task else None,
            replicas=self._replicas(),
            profiles=self._profiles(),
            env=env,
            env_file=self._env_files(),
            cwd=self._cwd(mounted),
            depends_on={self._around.names[key]: word for key, word in self._conditions.items()},
            health=health_of(self._take("healthcheck"), self._file, self._text, self._lost),
            restart=restart_of(self._take("restart"), self._deploy, self._file, self._tell, self._lost),
            stop=self._stop(),
            resources=self._resources(),
            labels=self._labels(),
            origin=self._origin,
        )
        return self._with_comments(draft, command, env)

    def _with_comments(
        self, draft: NodeDraft, command: str | tuple[str, ...] | None, env: Mapping[str, str]
    ) -> NodeDraft:
        self._lost |= {f"deploy.{key}": value for key, value in self._deploy.items()}
        if "extends" in self._data:
            self._notes.append(
                "It extends a service of a file that can't be read here; `docker compose config` writes one "
                "file in which that is resolved."
            )
        words = command if isinstance(command, tuple) else (command or "",)
        named = self._hosts((*words, *env.values()))
        hosts = dict.fromkeys(name for name, _ in named)
        about = {key: tuple(lines) for key, lines in self._about.items()}
        return replace(
            draft,
            notes=tuple(self._notes),
            about=about,
            left=left_of_service({**self._data, **self._lost}),
            hints=tuple(f"It names {name} as a host, which is 127.0.0.1 here." for name in hosts),
            problems=tuple(self._problems),
            sketch=sockets_to_fill(ports(self._data), named),
        )

    # ------------------------------------------------------------------ helpers

    def _take(self, key: str) -> Foreign:
        return self._data.pop(key, _NOTHING)

    def _tell(self, key: str, sentence: str) -> None:
        self._about.setdefault(key, []).append(sentence)

    def _text(self, text: str) -> str:
        found = translate(text)
        if found.problem is not None:
            self._problems[found.problem] = None
        return found.text

    # ------------------------------------------------------------------ what runs

    def _command(self) -> str | tuple[str, ...] | None:
        is_reset = self._data.get("entrypoint", _NOTHING).data is not None
        entrypoint, command = (self._words(key) for key in ("entrypoint", "command"))
        if command and not is_reset and ("image" in self._data or "build" in self._data):
            self._tell("command", "If the image has an ENTRYPOINT, it belongs in front of this.")
        words = (*entrypoint, *command)
        return tuple(self._text(word) for word in words) or None

    def _words(self, key: str) -> tuple[str, ...]:
        """Arguments: a list, or a text that is split as a shell splits it, without one."""
        value = self._take(key)
        if not isinstance(value.data, str):
            return texts(value, f"`{key}`", self._file)
        try:
            return split(value.data)
        except ValueError as problem:
            message = f"`{key}` can't be split: {problem}"
            raise wrong(self._file, value, message, remedy(problem)) from None

    def _open_program(self) -> str:
        image = scalar_text(self._data.get("image", _NOTHING))
        if image is None and "build" not in self._data:
            return "`command: […]`. The source does not say what runs."
        what = f"the image {image}" if image else "the image it builds"
        return f"`command: […]`. The source leaves what runs to {what}."

    def _env(self) -> dict[str, str]:
        value = self._take("environment")
        found: dict[str, str] = {}
        passed: list[str] = []
        for name, text in pairs(value, "`environment`", self._file).items():
            if not _VARIABLE_NAME.fullmatch(name):
                remedy = "write `NAME=value`, or `NAME: value`"
                raise wrong(self._file, value, f"`{name}` can't be a variable's name", remedy)
            if text is None:
                passed.append(name)
            else:
                found[name] = self._text(text)
        if passed:
            one = len(passed) == 1
            self._tell(
                "env",
                f"{', '.join(passed)}: passed on from the environment in the source, as every variable "
                f"{'is' if one else 'of it is'} here.",
            )
        return found

    def _env_files(self) -> tuple[str, ...]:
        found = []
        for item in items(self._take("env_file"), "`env_file`", self._file):
            data = dict(item.data) if isinstance(item.data, dict) else {"path": item}
            path = scalar_text(data.pop("path", _NOTHING))
            if path is None:
                raise wrong(self._file, item, "`env_file` names no path", "write one path per item")
            found.append(rebased(self._text(path), self._around.base))
            if data:
                self._lost[f"env_file {path}"] = replace(item, data=data)
        return tuple(found)

    def _cwd(self, mounted: tuple[Mount, ...]) -> str | None:
        value = self._take("working_dir")
        text = scalar_text(value)
        if not text:
            return None
        here = on_host(text, mounted)
        if here is not None:
            self._tell("cwd", f"{text} in the container, where this directory is mounted.")
            return rebased(self._text(here), self._around.base)
        self._tell("cwd", "A directory of the image in the source.")
        return rebased(self._text(text), self._around.base)

    def _hosts(self, told: tuple[str, ...]) -> list[tuple[str, str]]:
        """Every service that is named as a host, with the port of `tcp://feed:5555`, or none."""
        matches = (match for text in told for match in _HOST.finditer(text))
        found = ((match[2], (match[3] or "") if match[1] == "tcp" else "") for match in matches)
        return [pair for pair in dict.fromkeys(found) if pair[0] in self._around.names]

    # ------------------------------------------------------------------ when and how many

    def _depends_on(self) -> dict[str, str]:
        value = self._take("depends_on")
        linked = texts(self._data.get("links", _NOTHING), "`links`", self._file)
        found = {name: "started" for text in linked if (name := text.partition(":")[0]) in self._around.names}
        if isinstance(value.data, dict):
            for name, item in value.data.items():
                self._check_service(name, item)
                found[name] = self._condition(name, item)
        else:
            for item in items(value, "`depends_on`", self._file):
                name = scalar_text(item) or ""
                self._check_service(name, item)
                found[name] = "started"
        return found

    def _check_service(self, name: str, place: Foreign) -> None:
        if name not in self._around.names:
            how = f"the services are {', '.join(self._around.names)}"
            message = f"`{self.key}` depends on `{name}`, which is no service"
            raise wrong(self._file, place, message, how)

    def _condition(self, name: str, item: Foreign) -> str:
        data = dict(mapping(item, f"what is said about `{name}`", self._file))
        condition = data.pop("condition", Foreign("service_started", 1, 1))
        word = scalar_text(condition) or ""
        if word not in _CONDITIONS:
            remedy = f"the conditions are {', '.join(_CONDITIONS)}"
            raise wrong(self._file, condition, f"there is no condition `{word}`", remedy)
        if data.pop("restart", _NOTHING).data is True:
            self._tell("depends_on", f"In the source it is restarted whenever {name} is; here it is not.")
        if data:
            self._lost[f"depends_on.{name}"] = replace(item, data=data)
        return _CONDITIONS[word]

    def _replicas(self) -> int | str | None:
        scale, deployed = self._take("scale"), self._deploy.pop("replicas", _NOTHING)
        value = deployed if scale.data is None else scale
        text = scalar_text(value)
        if text is None:
            return None
        if "$" in text:
            return self._text(text)
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise wrong(self._file, value, f"`{text}` is no number of replicas", "write a whole number")
        if int(text) == 0:
            self._tell("profiles", "No replica in the source: it takes part with `--profile none` alone.")
            self._has_no_replica = True
            return None
        return int(text) if int(text) > 1 else None

    def _profiles(self) -> tuple[str, ...]:
        found = tuple(map(self._text, texts(self._take("profiles"), "`profiles`", self._file)))
        return ("none",) if self._has_no_replica else found

    # ------------------------------------------------------------------ how it lives

    def _stop(self) -> dict[str, JsonValue]:
        found: dict[str, JsonValue] = {}
        value = self._take("stop_signal")
        if value.data is not None:
            signal = signal_of(scalar_text(value) or "")
            if signal is None:
                self._lost["stop_signal"] = value
            else:
                found["signal"] = signal
        grace = self._take("stop_grace_period")
        if grace.data is not None:
            found["grace"] = duration(grace, "the stop_grace_period", self._file)
        return found

    def _resources(self) -> dict[str, JsonValue]:
        found: dict[str, JsonValue] = {}
        cpus = scalar_text(self._take("cpuset"))
        if cpus:
            found["cpus"] = self._text(cpus)
        memory = self._take("mem_limit")
        if memory.data is None:
            memory = self._deployed_memory()
        if memory.data is not None:
            found["memory"] = size(memory, "the memory limit", self._file)
        said = self._take("ulimits")
        ulimits = dict(mapping(said, "`ulimits`", self._file))
        nofile = ulimits.get("nofile")
        if nofile is not None and isinstance(nofile.data, int):
            found["nofile"] = nofile.data
            del ulimits["nofile"]
        if ulimits:
            self._lost["ulimits"] = replace(said, data=ulimits)
        return found

    def _deployed_memory(self) -> Foreign:
        said = self._deploy.get("resources", _NOTHING)
        resources = dict(mapping(said, "`resources`", self._file))
        limits = dict(mapping(resources.get("limits", _NOTHING), "`limits`", self._file))
        memory = limits.pop("memory", _NOTHING)
        if memory.data is not None:
            resources["limits"] = Foreign(limits, 1, 1)
            left = {key: value for key, value in resources.items() if value.data}
            self._deploy.pop("resources")
            if left:
                self._deploy["resources"] = replace(said, data=left)
        return memory

    def _labels(self) -> dict[str, str]:
        found = pairs(self._take("labels"), "`labels`", self._file)
        return {name: self._text(text or "") for name, text in found.items()}
