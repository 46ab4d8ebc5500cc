"""From `module:name` to the object it names."""

from __future__ import annotations

import difflib
import importlib
import sys
from types import ModuleType

from orchestrator.sdk.errors import TargetError


def resolve(target: str, directory: str | None = None) -> object:
    """Import `module:qualname`.

    `directory` goes to the front of `sys.path` first, so that files next to the topology are found. Nested
    names (`module:Class.method`) work.

    Raises TargetError; its `cause` is what the user's module raised while it was imported.
    """
    module_name, colon, qualname = target.partition(":")
    if not colon or not module_name or not qualname:
        raise TargetError(f"{target!r} is not module:name")
    if directory is not None and (not sys.path or sys.path[0] != directory):
        sys.path.insert(0, directory)
    module = _import(module_name)
    found: object = module
    seen = module_name
    for part in qualname.split("."):
        if not hasattr(found, part):
            raise TargetError(_no_name(found, seen, part))
        found = getattr(found, part)
        seen = f"{seen}.{part}"
    return found


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            raise TargetError(
                f"No module named {error.name!r}",
                f"put {name.replace('.', '/')}.py next to the topology file, or install it",
            ) from error
        raise TargetError(str(error), cause=error) from error
    except BaseException as error:
        # The module is the user's: whatever it raises, SystemExit included, is the answer to "can it be
        # imported".
        if isinstance(error, KeyboardInterrupt):
            raise
        raise TargetError(f"{type(error).__name__}: {error}".removesuffix(": "), cause=error) from error


def _no_name(owner: object, owner_name: str, part: str) -> str:
    near = difflib.get_close_matches(part, [n for n in dir(owner) if not n.startswith("_")], n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    kind = "module" if isinstance(owner, ModuleType) else "object"
    return f"{kind} {owner_name!r} has no {part!r}{hint}"
