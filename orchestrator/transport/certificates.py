"""CURVE key pairs as files: the certificates of ZPL (RFC 4) that czmq's zcert and pyzmq's `zmq.auth` use.

A pair is two files, `NAME.key` with the public key and `NAME.key_secret` with both, which its owner alone may
read. Knows no topology. Loads zmq only to make keys.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from orchestrator.errors import RunError
from orchestrator.transport.keys import KEY_LENGTH, public_of

PUBLIC: Final = ".key"
SECRET: Final = ".key_secret"
PUBLIC_MODE: Final = 0o644
SECRET_MODE: Final = 0o600
DIRECTORY_MODE: Final = 0o700
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_CHANGE: Final = stat.S_IWGRP | stat.S_IWOTH
_MAX_BYTES: Final = 64 * 1024
"""A certificate has a few hundred bytes; what is larger is none."""

_ENTRY: Final = re.compile(r'^\s+([A-Za-z0-9_.-]+)\s*=\s*"?([^"\n]*?)"?\s*$')
_SECTION: Final = re.compile(r"^([A-Za-z0-9_.-]+)\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A key pair, or the public half of one (`secret` is empty). Keys in Z85 form."""

    public: str
    secret: str = field(default="", repr=False)
    metadata: Mapping[str, str] = field(default_factory=dict)


class KeyFileError(RunError):
    """A key file that is missing, is no certificate, or can be read by others."""


def new_pair(metadata: Mapping[str, str]) -> Pair:
    """Make a key pair. Raises KeyFileError for a libzmq without CURVE."""
    import zmq

    try:
        public, secret = zmq.curve_keypair()
    except zmq.ZMQError as error:
        raise KeyFileError(
            f"this libzmq can't make CURVE keys ({error.strerror})", "install pyzmq's own wheel"
        ) from error
    return Pair(public=public.decode(), secret=secret.decode(), metadata=metadata)


def write_pair(directory: str, name: str, pair: Pair, *, replace: bool = False) -> None:
    """Write both files of a pair, the public one first: whoever reads the secret one finds it known.

    Raises KeyFileError where one of them is there already and not to be replaced.
    """
    stem = os.path.join(directory, name)  # noqa: PTH118 - see transport.sockets
    write_public(stem + PUBLIC, pair, replace=replace)
    _write(stem + SECRET, _text(pair, secret=True), SECRET_MODE, replace=replace)


def write_public(path: str, pair: Pair, *, replace: bool = False) -> None:
    """The public half alone."""
    _write(path, _text(pair, secret=False), PUBLIC_MODE, replace=replace)


def _write(path: str, text: str, mode: int, *, replace: bool) -> None:
    """The file appears whole under its name, or not at all. It is made by O_EXCL with its final mode, so that
    nobody else can open it at any moment, written, and only then given its name."""
    fresh = f"{path}.{os.getpid()}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        with contextlib.suppress(FileNotFoundError):  # of a killed process that had the same number
            os.unlink(fresh)  # noqa: PTH108
        descriptor = os.open(fresh, flags, mode)
        try:
            if hasattr(os, "fchmod"):
                os.fchmod(descriptor, mode)  # whatever the umask says
            os.write(descriptor, text.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if replace:
            os.replace(fresh, path)  # noqa: PTH105
            return
        try:
            os.link(fresh, path)  # unlike rename, it does not replace
        finally:
            os.unlink(fresh)  # noqa: PTH108
    except FileExistsError:
        raise KeyFileError(f"{path} is there already", "`orchestrator keys rotate` replaces keys") from None
    except OSError as error:
        raise KeyFileError(f"{path} can't be written: {error.strerror}") from error


def _text(pair: Pair, *, secret: bool) -> str:
    kind = (
        "Secret Certificate\n#   DO NOT PROVIDE THIS FILE TO OTHER USERS nor change its permissions."
        if secret
        else "Public Certificate\n#   Peers need it to know its owner; only its integrity matters."
    )
    lines = [f"#   ZeroMQ CURVE {kind}", "", "metadata"]
    lines += [f'    {key} = "{value}"' for key, value in pair.metadata.items()]
    lines += ["curve", f'    public-key = "{pair.public}"']
    if secret:
        lines.append(f'    secret-key = "{pair.secret}"')
    return "\n".join(lines) + "\n"


def read_public(path: str) -> Pair:
    """The public half of a certificate of either kind. Raises KeyFileError."""
    found = _read(path)
    if len(found.public) != KEY_LENGTH:
        raise KeyFileError(f"{path} holds no public key", "a certificate has a `public-key`")
    return Pair(public=found.public, metadata=found.metadata)


def read_pair(path: str) -> Pair:
    """A whole pair. Raises KeyFileError, also for a file that others may read."""
    refuse_if_open(path)
    found = _read(path)
    if public_of(found.secret) is None:
        raise KeyFileError(f"{path} holds no secret key", "make a new pair by `orchestrator keys rotate`")
    if found.public != public_of(found.secret):
        raise KeyFileError(
            f"the two keys in {path} do not belong together", "restore the file from its backup"
        )
    return found


def refuse_if_open(path: str) -> None:
    """Raise KeyFileError for a secret file that others than its owner may read or change."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError as error:
        raise _unreadable(path, error) from error
    if os.name == "posix" and status.st_mode & _OTHERS:
        mode = stat.S_IMODE(status.st_mode)
        raise KeyFileError(
            f"{path} can be used by others than its owner (mode {mode:04o})",
            f"chmod 600 {path}; if others could read it, make new keys by `orchestrator keys rotate`",
        )


def refuse_planted(path: str) -> None:
    """Raise KeyFileError for a public key, or a directory of them, that others may change: whoever puts a key
    there is let in."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
    except OSError as error:
        raise _unreadable(path, error) from error
    if os.name == "posix" and mode & _CHANGE:
        raise KeyFileError(
            f"{path} can be changed by others than its owner (mode {stat.S_IMODE(mode):04o})",
            f"chmod go-w {path}, and look whether a key in it is a stranger's (`orchestrator keys show`)",
        )


def _read(path: str) -> Pair:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - see transport.sockets
            text = file.read(_MAX_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from error
    return parse(text)


def parse(text: str) -> Pair:
    """A certificate's text. What is missing is empty; nothing is raised."""
    section, keys, metadata = "", dict[str, str](), dict[str, str]()
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        if entry := _ENTRY.match(line):
            known = {"metadata": metadata, "curve": keys}.get(section)
            if known is not None:
                known[entry[1]] = entry[2]
        elif named := _SECTION.match(line):
            section = named[1]
    return Pair(public=keys.get("public-key", ""), secret=keys.get("secret-key", ""), metadata=metadata)


def _unreadable(path: str, error: OSError) -> KeyFileError:
    if isinstance(error, FileNotFoundError):
        return KeyFileError(f"{path} does not exist", "`orchestrator keys init` makes missing keys")
    return KeyFileError(f"{path} can't be read: {error.strerror}")
