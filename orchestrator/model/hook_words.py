"""Hooks as plain data again, in the words of the language. Webhooks and headers can be secrets."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

from orchestrator.model.quantities import format_duration
from orchestrator.model.secrets import hide_in_words
from orchestrator.model.types import Hook
from orchestrator.model.words import Data, Text, as_written
from orchestrator.vocabulary import HIDDEN, JsonValue


def hook_words(hook: Hook, text: Text = as_written) -> Data:
    """An entry of `hooks`, complete and with its secrets."""
    data: Data = {
        "on": [event.value for event in hook.events],
        "nodes": None if hook.nodes is None else list(hook.nodes),
        "command": None if hook.command is None else [text(word) for word in hook.command],
        "webhook": hook.webhook,
        "headers": cast("JsonValue", dict(hook.headers)) or None,
        "timeout": format_duration(hook.timeout_s),
        "max_runs": hook.max_runs,
        "window": format_duration(hook.window_s),
        "description": hook.description,
    }
    return {key: value for key, value in data.items() if value is not None}


def hidden_hook_words(hook: Hook, text: Text = as_written) -> Data:
    """The same without what may be secret: the webhook's path and user, header values, words of options."""
    data = hook_words(hook, text)
    if hook.command is not None:
        data["command"] = cast("JsonValue", hide_in_words(cast("list[str]", data["command"])))
    if hook.webhook is not None:
        data["webhook"] = shown_webhook(hook.webhook)
    if hook.headers:
        data["headers"] = cast("JsonValue", dict.fromkeys(hook.headers, HIDDEN))
    return data


def shown_webhook(address: str) -> str:
    """A webhook's address as it may be shown: what stands behind the host can be all the secret there is."""
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:  # a bracket that is never closed
        return HIDDEN
    rest = parts.path.strip("/") or parts.query or parts.fragment
    return f"{parts.scheme}://{host}/{HIDDEN}" if rest else f"{parts.scheme}://{host}{parts.path}"
