"""The kinds of changes, and how serious each is unless somebody says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Class(StrEnum):
    """Whom a change concerns, the most serious first."""

    WIRE = "wire"
    """Programs of before and after do not understand each other, or do not meet any more."""
    ENDPOINT = "endpoint"
    """They are found elsewhere, or more of them meet."""
    PROCESS = "process"
    """What runs, how it is started, watched and stopped."""
    COSMETIC = "cosmetic"
    """Words for people."""

    @property
    def rank(self) -> int:
        """0 for the most serious."""
        return tuple(Class).index(self)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of change. Its key is what overrides name; keys never change their meaning."""

    key: str
    usual: Class
    means: str


_W, _E, _P, _C = Class.WIRE, Class.ENDPOINT, Class.PROCESS, Class.COSMETIC

_KINDS: Final = (
    Kind("type", _W, "another socket type, of a socket or of an endpoint"),
    Kind("payload", _W, "another codec, or another protobuf type, of a message or of a socket"),
    Kind("schema", _W, "another schema of a message that travels"),
    Kind("envelope", _W, "messages carry the envelope now, or no more"),
    Kind("security", _W, "how links are secured, and who may connect"),
    Kind("limits", _W, "how large a message may be, how many connect, and how fast"),
    Kind("wire-option", _W, "a socket option that the other end notices: CURVE and PLAIN, `routing_id`, …"),
    Kind("topics-removed", _W, "a publisher sends a topic no more"),
    Kind("link-removed", _W, "two sockets that are still there meet no more"),
    Kind("node-removed", _W, "a node is gone that others were linked to"),
    Kind("socket-removed", _W, "a socket is gone that others were linked to"),
    Kind("bind", _E, "a socket binds elsewhere"),
    Kind("connect", _E, "a socket connects elsewhere"),
    Kind("link-added", _E, "two sockets meet that did not"),
    Kind("socket-added", _E, "a new socket of a node"),
    Kind("lone-socket-removed", _E, "a socket is gone that nobody was linked to"),
    Kind("endpoint-address", _E, "a name of `endpoints` stands for another address, or is outside now"),
    Kind("node-added", _P, "a new node"),
    Kind("lone-node-removed", _P, "a node is gone that no other was linked to"),
    Kind("node-renamed", _P, "the same node under another name"),
    Kind("socket-renamed", _P, "the same socket under another name, which programs know it by"),
    Kind("program", _P, "another program: `run`, `command`, `use`"),
    Kind("topics-added", _P, "a publisher sends another topic"),
    Kind("subscribe", _P, "a subscriber asks for something else"),
    Kind("option", _P, "a socket option that the other end does not notice"),
    Kind("delivery", _P, "what becomes of a message for which there is no room"),
    Kind("wait_for", _P, "how many peers the first message waits for"),
    Kind("lag", _P, "how old a message may be, and what becomes of an older one"),
    Kind("requests", _P, "`retry`, `breaker`, `failover`"),
    Kind("batch", _P, "how messages are sent together"),
    Kind("compression", _P, "how payloads are compressed"),
    Kind("shared_memory", _P, "whether payloads go through shared memory, and how large it is"),
    Kind("check", _P, "how often payloads are checked against their schema"),
    Kind("on_error", _P, "what an exception in a handler means, and where such messages go"),
    Kind("params", _P, "what a node is given"),
    Kind("replicas", _P, "more copies or fewer, or another `min_replicas`"),
    Kind("expendable", _P, "whether its failure matters"),
    Kind("essential", _P, "whether its end is that of the topology"),
    Kind("kind", _P, "a service became a task, or the reverse"),
    Kind("depends_on", _P, "what is waited for at the start"),
    Kind("probe", _P, "`ready`, `done`, `health`"),
    Kind("heartbeat", _P, "how a frozen node is noticed"),
    Kind("restart", _P, "what happens when it ends"),
    Kind("stop", _P, "how it is stopped"),
    Kind("timeout", _P, "how long a task may take"),
    Kind("resources", _P, "what it may use of the machine"),
    Kind("env", _P, "its environment, and the files it comes from"),
    Kind("cwd", _P, "where it starts"),
    Kind("stdin", _P, "what it is sent"),
    Kind("process", _P, "which nodes share a process"),
    Kind("profiles", _P, "when it takes part"),
    Kind("logs", _P, "how much of what it writes is kept"),
    Kind("supervision", _P, "what a failure means for the others"),
    Kind("hooks", _P, "what is started on an event"),
    Kind("topology-name", _P, "the topology's name"),
    Kind("node-moved", _C, "the same node in another file"),
    Kind("message-name", _C, "the same contract under another name"),
    Kind("unused-message", _C, "a message that no socket names"),
    Kind("endpoint-name", _C, "a name of `endpoints` came, went or changed; the addresses are the same"),
    Kind("schema-notes", _C, "titles, descriptions and examples within a schema"),
    Kind("labels", _C, "labels"),
    Kind("description", _C, "prose"),
)

KINDS: Final[Mapping[str, Kind]] = {kind.key: kind for kind in _KINDS}
"""Key -> kind, the most serious first."""
