"""What was probably meant: the nearest key, the nearest word, and what other tools call it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

from orchestrator.transport.option_names import canonical
from orchestrator.transport.options_table import OPTIONS

_SYNONYMS: Final = {
    "environment": "env",
    "cmd": "command",
    "args": "command",
    "entrypoint": "command",
    "exec": "command",
    "program": "command",
    "module": "run",
    "class": "run",
    "function": "run",
    "plugin": "use",
    "parameters": "params",
    "config": "params",
    "settings": "params",
    "working_dir": "cwd",
    "workdir": "cwd",
    "directory": "cwd",
    "scale": "replicas",
    "instances": "replicas",
    "numprocesses": "replicas",
    "numprocs": "replicas",
    "copies": "replicas",
    "healthcheck": "health",
    "liveness_probe": "health",
    "readiness_probe": "ready",
    "autorestart": "restart",
    "stop_signal": "stop",
    "stopsignal": "stop",
    "stop_grace_period": "stop",
    "services": "nodes",
    "processes": "nodes",
    "requires": "depends_on",
    "needs": "depends_on",
    "after": "depends_on",
    "socket": "sockets",
    "endpoint": "endpoints",
    "message": "messages",
    "address": "bind",
    "url": "address",
    "uri": "address",
    "listen": "bind",
    "subscriptions": "subscribe",
    "sub": "subscribe",
    "pattern": "type",
    "serialization": "codec",
    "serializer": "codec",
    "encoding": "codec",
    "format": "codec",
    "max_attempts": "max_restarts",
    "retries": "max_restarts",
    "max_retries": "max_restarts",
    "maximum": "max",
    "delay": "initial",
    "multiplier": "factor",
    "grace_period": "grace",
    "timeout": "grace",
    "period": "interval",
    "imports": "include",
    "extends": "include",
    "title": "name",
    "doc": "description",
    "group": "process",
    "one_shot": "kind",
    "oneshot": "kind",
    "optional": "expendable",
    "critical": "essential",
    "significant": "essential",
    "compress": "compression",
    "circuit_breaker": "breaker",
    "dlq": "dead_letter",
    "dead_letter_queue": "dead_letter",
    "on_exception": "on_error",
    "on_failure": "on_error",
    "shm": "shared_memory",
    "max_age": "max_lag",
    "max_latency": "max_lag",
    "batching": "batch",
    "auth": "security",
    "authentication": "security",
    "encryption": "security",
    "linger_ms": "max_delay",
    "threshold": "failures",
    "reset_timeout": "reset",
    "whitelist": "allow",
}
"""What other tools call it. Used only where the right-hand word is a key of the mapping in question."""

_WORDS: Final = {
    "publisher": "pub",
    "publish": "pub",
    "subscriber": "sub",
    "subscribe": "sub",
    "request": "req",
    "requester": "req",
    "reply": "rep",
    "replier": "rep",
    "response": "rep",
}
"""What people write in the place of an allowed word. Used only where the right-hand word is allowed."""

_PREFIX: Final = re.compile(r"zmq[._]", re.IGNORECASE)
_LONG: Final = 6
"""From so many letters on, two words that are near share more than an ending."""
_FILE: Final = re.compile(r"(?:\./)?([\w./]+?)(\.py)?(:[\w.]*)?")


def nearest_key(word: str, known: list[str], *, strict: bool) -> str | None:
    """The key that was probably meant. `strict`: the word is a key of something else; be sure."""
    plain = word.lower().replace("-", "_")
    if plain in known:
        return plain
    if _SYNONYMS.get(plain) in known:
        return _SYNONYMS[plain]
    cutoff = 0.85 if strict else 0.7 if len(plain) >= _LONG else 0.65
    found = difflib.get_close_matches(plain, known, n=1, cutoff=cutoff)
    return found[0] if found else None


def nearest_choice(given: str, allowed: list[str]) -> str | None:
    """The word that was probably meant: `allways` is `always`, `TERM` is `SIGTERM`, `zmq.PUB` is `PUB`."""
    by_lower = {word.lower(): word for word in allowed}
    word = _PREFIX.sub("", given).lower()
    word = _WORDS[word] if _WORDS.get(word) in by_lower else word
    found = difflib.get_close_matches(word, by_lower, n=1, cutoff=0.6)
    if not found:
        found = [choice for choice in by_lower if word and choice.endswith(word)][:1]
    return by_lower[found[0]] if found and len(allowed) > 1 else None


def is_only_guess(given: str, guess: str, known: Iterable[str]) -> bool:
    """Whether no other of the known words is as near to what is given as the guess."""
    word = _PREFIX.sub("", given).lower().replace("-", "_")
    if word == guess.lower().replace("-", "_") or guess in (
        _SYNONYMS.get(word),
        _WORDS.get(word, "").upper(),
    ):
        return True
    matcher = difflib.SequenceMatcher(b=given.lower())
    matcher.set_seq1(guess.lower())
    nearness = matcher.ratio()
    for other in known:
        matcher.set_seq1(other.lower())
        if (
            other != guess
            and matcher.real_quick_ratio() >= nearness
            and matcher.quick_ratio() >= nearness
            and matcher.ratio() >= nearness
        ):
            return False
    return True


def option_remedy(key: str, value: object, known: list[str]) -> str | None:
    """Where a key belongs that is the name of a socket option; None for what is no option.

    `value`: what was written behind it. `known`: the keys of the mapping that it stands in.
    """
    if not isinstance(value, str | int | float):
        return None
    text = str(value).lower() if isinstance(value, bool) else str(value)
    name = _PREFIX.sub("", key).lower()
    where = "" if "options" in known else " in a socket or in `defaults`"
    if name == "hwm":
        told = f"write `options: {{sndhwm: {text}}}`, or `rcvhwm`"
        return f"libzmq has a limit for each direction: {told}{where}"
    if canonical(name) not in OPTIONS:
        return None
    return f"it is an option of libzmq: write `options: {{{name}: {text}}}`{where}"


def target_remedy(value: str) -> str | None:
    """How a module and its class or function are written, for what looks like a file or a module alone."""
    found = _FILE.fullmatch(value)
    if found is None:
        return None
    path, suffix, name = found.groups()
    module = re.sub(r"[./]+", ".", path).strip(".")
    if not all(part.isidentifier() for part in module.split(".")):
        return None
    if name is not None and name[1:]:
        return f"write `{module}{name}`: a module's name, not its file's"
    if suffix is None and name is None and "/" not in path and "." in module:
        head, _, last = module.rpartition(".")
        return f"did you mean `{head}:{last}`?"
    return f"write `{module}:NAME`, with the class or function to run"
