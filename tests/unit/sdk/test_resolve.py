"""From `module:name` to the object."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.sdk.errors import TargetError
from orchestrator.sdk.resolve import resolve


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    before = list(sys.path)
    yield tmp_path
    sys.path[:] = before


def test_a_file_next_to_the_topology_comes_first(directory: Path) -> None:
    (directory / "sdk_resolve_here.py").write_text("class Outer:\n    class Inner:\n        word = 'found'\n")
    found = resolve("sdk_resolve_here:Outer.Inner", str(directory))
    assert found.word == "found"  # type: ignore[attr-defined]
    assert sys.path[0] == str(directory)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("json", "'json' is not module:name"),
        (":x", "':x' is not module:name"),
        ("numpyy:x", "No module named 'numpyy'"),
        ("json.numpyy:x", "No module named 'json.numpyy'"),
        ("json:JSONDecodr", "module 'json' has no 'JSONDecodr' (did you mean 'JSONDecoder'?)"),
        ("json:JSONEncoder.zzz", "object 'json.JSONEncoder' has no 'zzz'"),
    ],
)
def test_what_cannot_be_found(target: str, message: str) -> None:
    with pytest.raises(TargetError) as caught:
        resolve(target)
    assert caught.value.message == message
    assert caught.value.cause is None


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import numpyy", "No module named 'numpyy'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def f(:", "SyntaxError: invalid syntax"),
    ],
)
def test_a_module_that_raises_is_the_cause(directory: Path, source: str, message: str) -> None:
    name = f"sdk_resolve_{abs(hash(source))}"
    (directory / f"{name}.py").write_text(source)
    with pytest.raises(TargetError) as caught:
        resolve(f"{name}:x", str(directory))
    assert caught.value.message.startswith(message)
    assert caught.value.cause is not None
