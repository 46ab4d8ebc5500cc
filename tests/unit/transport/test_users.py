"""The users of PLAIN."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.transport.certificates import KeyFileError
from orchestrator.transport.users import fits, hashed, own_password, read_users


def users(tmp_path: Path, text: str, mode: int = 0o600) -> str:
    path = tmp_path / "users"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_lines(tmp_path: Path) -> None:
    found = read_users(users(tmp_path, "# ours\n\nfeed:a:b\n sink :c\n"))
    assert found == {"feed": "a:b", "sink": "c"}


@pytest.mark.parametrize("text", ["feed", ":x", "feed:"])
def test_a_line_that_is_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(KeyFileError, match=r"users:1 is no line"):
        read_users(users(tmp_path, text))


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="mode 0644"):
        read_users(users(tmp_path, "feed:a", 0o644))


def test_what_a_client_says(tmp_path: Path) -> None:
    path = users(tmp_path, f"feed:secret\nsink:{hashed('x')}\n")
    assert own_password(path, "feed") == "secret"
    with pytest.raises(KeyFileError, match="no line for 'other'"):
        own_password(path, "other")
    with pytest.raises(KeyFileError, match="is hashed"):
        own_password(path, "sink")


def test_passwords() -> None:
    assert fits("secret", "secret")
    assert not fits("Secret", "secret")
    assert not fits("", None)
    kept = hashed("secret")
    assert "secret" not in kept
    assert hashed("secret") != kept
    assert fits("secret", kept)
    assert not fits("other", kept)
    assert not fits("secret", "scrypt:zz:zz")


@given(st.binary(max_size=200))
def test_whatever_the_file_holds_is_read_or_refused_in_words(content: bytes) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "users"
        path.write_bytes(content)
        path.chmod(0o600)
        try:
            found = read_users(str(path))
        except KeyFileError as error:
            assert "users" in error.message
        else:
            assert all(name and password for name, password in found.items())
