"""Python, libzmq and what it was built with, and the programs that draw."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.app.doctor.types import Check, Topic

LIBRARIES: Final = Topic(name="libraries")
PICTURES: Final = Topic(name="pictures")

MIN_PYTHON: Final = (3, 11)
MIN_LIBZMQ: Final = (4, 3)
"""From here on monitors tell of handshakes (zmq_socket_monitor(3)); older ones leave `ps --links` blind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zmq:
    """The ZeroMQ that Python nodes use."""

    pyzmq: str
    libzmq: tuple[int, int, int]
    features: Mapping[str, bool]
    """zmq_has(3): name -> whether it was built in."""


def installed() -> Zmq:
    """What is installed here."""
    from orchestrator.transport.abilities import FEATURES, has, versions

    pyzmq, libzmq = versions()
    return Zmq(pyzmq=pyzmq, libzmq=libzmq, features={name: has(name) for name in FEATURES})


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Check:
    """Whether this Python serves."""
    text = ".".join(map(str, version))
    fact = f"Python {text} ({platform.python_implementation()})"
    if version < MIN_PYTHON:
        return LIBRARIES.error(
            f"{fact}: too old", f"install Python {'.'.join(map(str, MIN_PYTHON))} or later"
        )
    return LIBRARIES.ok(fact)


def zeromq(zmq: Zmq, *, posix: bool) -> Iterator[Check]:
    """Versions, and what libzmq was built with."""
    version = ".".join(map(str, zmq.libzmq))
    fact = f"libzmq {version}, pyzmq {zmq.pyzmq}"
    if zmq.libzmq < MIN_LIBZMQ:
        yield LIBRARIES.warning(
            f"{fact}: too old to tell how handshakes end", "install a pyzmq wheel, which brings 4.3.5"
        )
    else:
        yield LIBRARIES.ok(fact)
    rebuilt = "install a pyzmq wheel, or build libzmq with it"
    if posix and not zmq.features.get("ipc", False):
        yield LIBRARIES.error("libzmq has no ipc, which the supervisor and its nodes speak over", rebuilt)
    if not zmq.features.get("curve", False):
        yield LIBRARIES.note("libzmq has no CURVE: no link can be encrypted", rebuilt)
    with_ = [name for name, there in zmq.features.items() if there]
    without = [name for name, there in zmq.features.items() if not there]
    yield LIBRARIES.ok(f"libzmq has {', '.join(with_) or 'nothing optional'}")
    if without:
        yield LIBRARIES.note(f"libzmq was built without {', '.join(without)}")


def lanes(obstacle: str) -> Check:
    """Whether the messages of Python nodes take the short ways; `obstacle` is why they do not, if so."""
    if not obstacle:
        return LIBRARIES.ok("the extension is compiled: messages of Python nodes go the short way")
    return LIBRARIES.note(
        f"messages of Python nodes go the slower way: {obstacle}",
        "install a C compiler and Python's headers (gcc, python3-dev), then the orchestrator anew",
    )


def pictures(
    *,
    has_module: Callable[[str], bool] | None = None,
    which: Callable[[str], str | None] = shutil.which,
    version: Callable[[str], str] | None = None,
) -> Check:
    """What `render` can draw with."""
    bundled, dot = (has_module or _has_module)("pygraphviz"), which("dot")
    found = [
        *(["pygraphviz"] if bundled else []),
        *([f"{dot} ({(version or _version)(dot)})"] if dot else []),
    ]
    if not found:
        return PICTURES.note(
            "neither pygraphviz nor `dot` is here: `render` writes DOT, Mermaid and D2 alone",
            "pip install pygraphviz, or install Graphviz",
        )
    return PICTURES.ok(f"`render` draws with {' and '.join(found)}")


def _has_module(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


def _version(program: str) -> str:
    """What `dot -V` says, which goes to its stderr."""
    try:
        done = subprocess.run(
            [program, "-V"], capture_output=True, text=True, errors="replace", timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"does not run: {error}"
    words = (done.stderr or done.stdout).strip().splitlines()
    return words[0].removeprefix("dot - graphviz version ") if words else "says no version"
