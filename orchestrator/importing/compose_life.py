"""Restart, health and signals of docker compose, in the words of the topology language."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from orchestrator.importing.compose_values import duration, mapping, scalar_text, texts, translate
from orchestrator.importing.errors import wrong
from orchestrator.source.foreign import Foreign
from orchestrator.vocabulary import JsonValue

_NOTHING: Final = Foreign(None, 1, 1)
_POLICIES: Final[Mapping[str, str]] = {
    "no": "never",
    "false": "never",
    "always": "always",
    "unless-stopped": "always",
    "on-failure": "on-failure",
}
_CONDITIONS: Final[Mapping[str, str]] = {"none": "never", "on-failure": "on-failure", "any": "always"}
_TRIES: Final = re.compile(r"on-failure:([0-9]{1,6})")
_SIGNALS: Final = frozenset(
    f"SIG{word}"
    for word in ("TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "ABRT", "ALRM", "WINCH", "CONT", "KILL")
)
"""Those that a topology may name: `stop.signal` of the schema."""
_TIMES: Final = {"interval": "30s", "timeout": "30s", "start_period": None}
"""What docker takes where a health check says nothing; None is the same here."""

Tell = Callable[[str, str], None]
Text = Callable[[str], str]


def restart_of(
    value: Foreign, deploy: dict[str, Foreign], file: str, tell: Tell, lost: dict[str, Foreign]
) -> dict[str, JsonValue]:
    """`restart` of a service; `deploy.restart_policy`, which is taken out of `deploy`, wins over it."""
    deployed = deploy.pop("restart_policy", _NOTHING)
    if deployed.data is not None:
        data = dict(mapping(deployed, "`restart_policy`", file))
        if "$" in (scalar_text(data.get("condition", _NOTHING)) or ""):
            lost["deploy.restart_policy"] = deployed
            return {}
        return _deployed(data, file)
    text = scalar_text(value)
    if text is None:
        return {}
    if "$" in text:
        lost["restart"] = value
        return {}
    if found := _TRIES.fullmatch(text):
        tell("restart", "In the source so many restarts are borne in all; here, within `window`.")
        return {"policy": "on-failure", "max_restarts": int(found[1])}
    if text not in _POLICIES:
        remedy = "known are no, always, unless-stopped, on-failure and on-failure:N"
        raise wrong(file, value, f"there is no restart policy `{text}`", remedy)
    return {"policy": _POLICIES[text]}


def _deployed(data: dict[str, Foreign], file: str) -> dict[str, JsonValue]:
    condition = data.get("condition", Foreign("any", 1, 1))
    word = scalar_text(condition) or ""
    if word not in _CONDITIONS:
        remedy = f"the conditions are {', '.join(_CONDITIONS)}"
        raise wrong(file, condition, f"there is no restart condition `{word}`", remedy)
    found: dict[str, JsonValue] = {"policy": _CONDITIONS[word]}
    if "delay" in data:
        delay = duration(data["delay"], "the delay", file)
        found["backoff"] = {"initial": delay, "factor": 1, "max": delay}
    if "max_attempts" in data:
        found["max_restarts"] = _whole(data["max_attempts"], "max_attempts", file)
    if "window" in data and (window := duration(data["window"], "the window", file)) != "0s":
        found["window"] = window
    return found


def health_of(value: Foreign, file: str, text: Text, lost: dict[str, Foreign]) -> dict[str, JsonValue]:
    """`healthcheck` as a `health` probe; what it has no word for goes to `lost`."""
    data = dict(mapping(value, "`healthcheck`", file))
    if not data:
        return {}
    command = _test(data.pop("test", _NOTHING), file)
    is_off = data.get("disable", _NOTHING).data is True
    if is_off or not command:
        if not is_off and command is None:
            lost["healthcheck"] = value
        return {}
    found: dict[str, JsonValue] = {"exec": [text(word) for word in command]}
    for key, default in _TIMES.items():
        written = data.pop(key, _NOTHING)
        time = default if written.data is None else duration(written, f"the {key}", file)
        if time in (None, "0s"):
            time = default
        if time is not None:
            found[key] = time
    if (retries := data.pop("retries", _NOTHING)).data is not None:
        found["retries"] = _whole(retries, "retries", file)
    data.pop("disable", None)
    if data:
        lost["healthcheck"] = replace(value, data=data)
    return found


def _test(value: Foreign, file: str) -> tuple[str, ...] | None:
    """The command of `test`; empty for NONE, None where the image has it."""
    if value.data is None:
        return None
    if isinstance(value.data, str):
        return ("sh", "-c", value.data)
    kind, *words = texts(value, "`test`", file) or ("",)
    if kind == "NONE":
        return ()
    if kind == "CMD" and words:
        return tuple(words)
    if kind == "CMD-SHELL" and len(words) == 1:
        return ("sh", "-c", words[0])
    remedy = 'write a text, ["CMD", program, …], ["CMD-SHELL", text] or ["NONE"]'
    raise wrong(file, value, "this is no test", remedy)


def _whole(value: Foreign, what: str, file: str) -> JsonValue:
    text = scalar_text(value) or ""
    if "$" in text:
        return translate(text).text
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise wrong(file, value, f"{what} `{text}` is no whole number", "write a whole number")
    return int(text)


def signal_of(text: str) -> str | None:
    """`SIGINT`, `INT` and `2` as the name of a signal; None for one that a topology can't name."""
    name = text.upper()
    if name.isascii() and name.isdigit() and len(name) < 4:
        names = {int(member): member.name for member in signal.Signals}
        name = names.get(int(name), name)
    name = name if name.startswith("SIG") else f"SIG{name}"
    return name if name in _SIGNALS else None
