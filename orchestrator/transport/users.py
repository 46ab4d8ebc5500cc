"""The users of PLAIN: a file of `name:password` lines, which its owner alone may read.

A password may stand as what `hashed` makes of it, where nobody of this topology has to send it. PLAIN sends
names and passwords unencrypted (RFC 24): it is no protection against those who can read the network. Loads
nothing but the standard library.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from orchestrator.transport.certificates import KeyFileError, refuse_if_open

_SCHEME: Final = "scrypt"
_N, _R, _P = 2**14, 8, 1
"""16 MiB and 30 ms for each guess (RFC 7914)."""
_MAX_BYTES: Final = 1024 * 1024


def read_users(path: str) -> Mapping[str, str]:
    """name -> password, in clear or hashed. Raises KeyFileError."""
    refuse_if_open(path)
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - see transport.sockets
            text = file.read(_MAX_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path} can't be read: {error}") from error
    users = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, password = line.partition(":")
        if not colon or not name.strip() or not password:
            raise KeyFileError(f"{path}:{number} is no line of users", "write name:password")
        users[name.strip()] = password
    return users


def own_password(path: str, name: str) -> str:
    """What a client says. Raises KeyFileError where it stands hashed, or not at all."""
    password = read_users(path).get(name)
    if password is None:
        raise KeyFileError(f"{path} has no line for {name!r}", f"add {name}:PASSWORD to it")
    if password.startswith(f"{_SCHEME}:"):
        raise KeyFileError(f"the password of {name!r} is hashed in {path}", "a client needs it in clear")
    return password


def hashed(password: str) -> str:
    """A password as it may stand in the file, from which nobody can tell it."""
    salt = os.urandom(16)
    return f"{_SCHEME}:{salt.hex()}:{_scrypt(password, salt).hex()}"


def fits(given: str, expected: str | None) -> bool:
    """Whether a password is right. Takes as long for a wrong one."""
    if expected is None:
        return False
    if expected.startswith(f"{_SCHEME}:"):
        return _fits_hash(given, expected)
    return hmac.compare_digest(given.encode(), expected.encode())


@lru_cache(maxsize=256)
def _fits_hash(given: str, expected: str) -> bool:
    """Remembered, for clients that come again must not cost 30 ms each time."""
    _, _, rest = expected.partition(":")
    salt, _, digest = rest.partition(":")
    try:
        return hmac.compare_digest(_scrypt(given, bytes.fromhex(salt)), bytes.fromhex(digest))
    except ValueError:
        return False


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=32)
