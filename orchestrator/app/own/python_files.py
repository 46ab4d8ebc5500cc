"""Rules in a Python file: the file is run, and what it declares is taken. Runs somebody's code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from hashlib import sha256
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

from orchestrator.rules.own.applying import OwnRuleError, blamed, told
from orchestrator.rules.own.declaring import DECLARED, OwnRule

_REMEDY: Final = 'a rule is declared with @rule("ACME001", "what it finds"); see docs/how-to/own-rules.md'
_loaded: dict[str, tuple[object, tuple[OwnRule, ...]]] = {}
"""Real path -> what the file was like when it was run, and its rules: editors and watches ask often."""


def rules_of_file(file: str) -> tuple[OwnRule, ...]:
    """Run a file and return its rules, in their order. Raises OwnRuleError, with the place, when it can't be.

    What the file prints goes to standard error. Modules beside it can be imported at its top; it is run once
    for as long as it stays the same.
    """
    path = os.path.realpath(file)
    source, stamp = _read(file, path)
    known = _loaded.get(path)
    if known is None or known[0] != stamp:
        known = (stamp, _rules(_run(file, path, source), file))
        _loaded[path] = known
    return known[1]


def rules_in(module: ModuleType) -> tuple[OwnRule, ...]:
    """Every rule that was declared in a module, or stands in it by a name, once.

    The first of two functions with the same name has no name any more, and is a rule all the same.
    """
    imported = (value for value in vars(module).values() if isinstance(value, OwnRule))
    return tuple({id(one): one for one in (*DECLARED.get(module.__name__, ()), *imported)}.values())


def _read(file: str, path: str) -> tuple[bytes, object]:
    try:
        status = os.stat(path)  # noqa: PTH116
        return Path(path).read_bytes(), (status.st_mtime_ns, status.st_size, status.st_ino)
    except FileNotFoundError as failure:
        raise OwnRuleError(f"there is no file of rules `{file}`", "check the path") from failure
    except IsADirectoryError as failure:
        raise OwnRuleError(f"`{file}` is a directory", "name a Python file in it") from failure
    except (OSError, ValueError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else failure
        raise OwnRuleError(f"the rules `{file}` can't be read: {reason}", "check the path") from failure


def _run(file: str, path: str, source: bytes) -> ModuleType:
    module = ModuleType(f"orchestrator_own_rules_{sha256(os.fsencode(path)).hexdigest()[:16]}")
    module.__file__ = path
    code = _compiled(file, source)
    sys.modules[module.__name__] = module  # dataclasses and pickle look there
    DECLARED.pop(module.__name__, None)
    try:
        with quiet(), _beside(os.path.dirname(path)):  # noqa: PTH120
            exec(code, vars(module))  # noqa: S102 - it is what the user asks for
    except (Exception, SystemExit) as problem:
        # somebody's code: whatever it raises is told as theirs
        sys.modules.pop(module.__name__, None)
        place = blamed(problem, file) or file
        remedy = _missing_module(problem) or "mend it, or leave the file out"
        raise OwnRuleError(f"{place}: these rules can't be loaded: {told(problem)}", remedy) from problem
    return module


def _compiled(file: str, source: bytes) -> CodeType:
    try:
        return compile(source, file, "exec", dont_inherit=True)
    except SyntaxError as problem:
        place = ":".join(str(part) for part in (file, problem.lineno, problem.offset) if part)
        remedy = "a file of rules is Python; policies in YAML are named with --policy"
        raise OwnRuleError(f"{place}: this is no Python: {problem.msg}", remedy) from problem
    except (ValueError, RecursionError, MemoryError) as problem:
        raise OwnRuleError(f"{file}: this is no Python: {problem}", "is this the right file?") from problem


def _rules(module: ModuleType, file: str) -> tuple[OwnRule, ...]:
    rules = rules_in(module)
    if not rules:
        raise OwnRuleError(f"{file} declares no rule", _REMEDY)
    return rules


def _missing_module(problem: BaseException) -> str | None:
    if isinstance(problem, ModuleNotFoundError):
        return f"install what it needs where orchestrator runs: {sys.executable}"
    return None


@contextmanager
def quiet() -> Iterator[None]:
    """What is printed goes to standard error: standard output is for findings."""
    with redirect_stdout(sys.stderr):
        yield


@contextmanager
def _beside(directory: str) -> Iterator[None]:
    """Modules of a directory can be imported; those installed come first."""
    sys.path.append(directory)
    try:
        yield
    finally:
        if directory in sys.path:
            sys.path.reverse()
            sys.path.remove(directory)
            sys.path.reverse()
