"""The files in a directory of CURVE keys, as `keys` makes, replaces and removes them. Knows no topology."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Final

from orchestrator.errors import RunError
from orchestrator.transport.certificates import (
    DIRECTORY_MODE,
    PUBLIC,
    SECRET,
    KeyFileError,
    Pair,
    new_pair,
    read_pair,
    read_public,
    refuse_planted,
    write_pair,
    write_public,
)
from orchestrator.transport.keyring import UNTIL, Known, until_of

REMEMBERED_S: Final = 30 * 24 * 3600.0
"""A public key that was replaced stays for so long after its time: who comes with it is asked to come again,
where a stranger is turned away for good."""


def opened(directory: str) -> str:
    """The directory, made where it is not there. Raises KeyFileError for one that others may change."""
    try:
        os.makedirs(os.path.dirname(directory), exist_ok=True)  # noqa: PTH103, PTH120
        os.mkdir(directory, DIRECTORY_MODE)  # noqa: PTH102
    except FileExistsError:
        pass
    except OSError as error:
        raise KeyFileError(f"{directory} can't be made: {error.strerror}") from error
    refuse_planted(directory)
    return directory


def path(directory: str, name: str, suffix: str) -> str:
    """Of one half of a pair."""
    return os.path.join(directory, name + suffix)  # noqa: PTH118


def fresh(name: str) -> Pair:
    """A new pair, not written anywhere yet."""
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return new_pair({"name": name, "made": made})


def keep(directory: str, name: str, pair: Pair, until: float) -> None:
    """Write down a pair that is about to be replaced. Two rotations in one second are told apart."""
    kept = Pair(public=pair.public, secret=pair.secret, metadata={**pair.metadata, UNTIL: f"{until:.3f}"})
    stem = f"{name}.{int(until)}"
    number = 1
    while os.path.exists(path(directory, stem, SECRET)):  # noqa: PTH110
        number += 1
        stem = f"{name}.{int(until)}-{number}"
    write_pair(directory, stem, kept)


def mend(directory: str, name: str) -> None:
    """The public file follows the secret one, where a rotation was cut short between the two."""
    pair = read_pair(path(directory, name, SECRET))
    public = path(directory, name, PUBLIC)
    try:
        same = read_public(public).public == pair.public
    except KeyFileError:
        same = False
    if not same:
        write_public(public, Pair(public=pair.public, metadata=pair.metadata), replace=True)


def refuse_half(directory: str, name: str) -> None:
    """Raise KeyFileError where a public key is there alone: that of a program outside, or a half pair."""
    public = path(directory, name, PUBLIC)
    if os.path.exists(public):  # noqa: PTH110
        raise KeyFileError(
            f"{public} is there, and its secret half is not",
            f"put {name}{SECRET} back; or remove {public}, and a new pair is made",
        )


def forget(directory: str, now: float) -> tuple[str, ...]:
    """Remove secret keys that do not count any more, and in time the public ones."""
    gone = []
    for name in sorted(os.listdir(directory)):  # noqa: PTH208
        if not name.endswith(PUBLIC):
            continue
        try:
            until = until_of(read_public(path(directory, name, "")))
        except KeyFileError:
            continue
        if until is not None:
            ends = ((name.removesuffix(PUBLIC) + SECRET, until), (name, until + REMEMBERED_S))
            for file, end in ends:
                if end <= now and os.path.exists(path(directory, file, "")):  # noqa: PTH110
                    os.unlink(path(directory, file, ""))  # noqa: PTH108
                    gone.append(file)
    return tuple(gone)


def open_secrets(directory: str) -> Iterator[str]:
    """What is wrong with the directory and the secret files in it."""
    try:
        names = sorted(os.listdir(directory))  # noqa: PTH208
        refuse_planted(directory)
    except OSError:
        return
    except RunError as error:
        yield error.message
    for name in names:
        if name.endswith(SECRET):
            try:
                read_pair(os.path.join(directory, name))  # noqa: PTH118
            except KeyFileError as error:
                yield error.message


def made_at(directory: str, known: Known) -> str:
    """When a key was made, as its file says; empty where it does not."""
    for name in os.listdir(directory):  # noqa: PTH208
        if name.startswith(known.name + ".") and name.endswith(PUBLIC):
            try:
                pair = read_public(os.path.join(directory, name))  # noqa: PTH118
            except KeyFileError:
                continue
            if pair.public == known.public:
                return pair.metadata.get("made", "")
    return ""
