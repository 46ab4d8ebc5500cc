"""How code that no module holds reaches a node process: lambdas, functions of a notebook or of `__main__`."""

from __future__ import annotations

import dill

from orchestrator.errors import RunError


def carry(value: object) -> bytes:
    """`value` with all the code it refers to by value where no import could find it (dill, `recurse`).

    Raises RunError for what cannot be carried, such as open sockets or files in a closure.
    """
    try:
        return bytes(dill.dumps(value, recurse=True))
    except Exception as error:  # dill raises whatever the objects' own reducers raise
        raise RunError(
            f"a node's function cannot be sent to its process: {error}",
            "let it open files, sockets and connections itself, when it runs",
        ) from error
