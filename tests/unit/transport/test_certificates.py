"""Key pairs as files: their form, their modes, and what is refused."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zmq.auth import create_certificates, load_certificate

from orchestrator.transport import certificates
from orchestrator.transport.certificates import (
    KeyFileError,
    new_pair,
    parse,
    read_pair,
    read_public,
    write_pair,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestWriting:
    @pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
    def test_modes_do_not_depend_on_the_umask(self, tmp_path: Path, umask: int) -> None:
        before = os.umask(umask)
        try:
            write_pair(str(tmp_path), "feed", new_pair({}))
        finally:
            os.umask(before)
        assert mode(tmp_path / "feed.key_secret") == 0o600
        assert mode(tmp_path / "feed.key") == 0o644
        assert sorted(p.name for p in tmp_path.iterdir()) == ["feed.key", "feed.key_secret"]

    def test_the_secret_is_never_in_a_file_that_others_can_open(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[tuple[int, int]] = []
        real = os.open

        def watched(path: str, flags: int, bits: int = 0o777, **more: object) -> int:
            if "key_secret" in str(path):
                seen.append((flags, bits))
            return real(path, flags, bits)

        monkeypatch.setattr(certificates.os, "open", watched)
        write_pair(str(tmp_path), "feed", new_pair({}))
        ((flags, bits),) = seen
        assert flags & os.O_EXCL
        assert flags & os.O_CREAT
        assert bits == 0o600

    def test_a_pair_that_is_there_is_not_overwritten(self, tmp_path: Path) -> None:
        first = new_pair({})
        write_pair(str(tmp_path), "feed", first)
        with pytest.raises(KeyFileError, match="is there already"):
            write_pair(str(tmp_path), "feed", new_pair({}))
        assert read_pair(str(tmp_path / "feed.key_secret")).secret == first.secret

    def test_a_link_in_the_place_of_the_file_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "feed.key_secret").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(KeyFileError):
            write_pair(str(tmp_path), "feed", new_pair({}))
        assert not (tmp_path / "elsewhere").exists()

    def test_a_pair_is_replaced_when_asked(self, tmp_path: Path) -> None:
        write_pair(str(tmp_path), "feed", new_pair({}))
        second = new_pair({})
        write_pair(str(tmp_path), "feed", second, replace=True)
        assert read_pair(str(tmp_path / "feed.key_secret")).public == second.public
        assert mode(tmp_path / "feed.key_secret") == 0o600

    def test_the_secret_is_not_in_its_repr(self) -> None:
        pair = new_pair({})
        assert pair.secret not in repr(pair)


class TestOtherPrograms:
    def test_pyzmq_reads_ours(self, tmp_path: Path) -> None:
        pair = new_pair({"name": "feed"})
        write_pair(str(tmp_path), "feed", pair)
        assert load_certificate(tmp_path / "feed.key") == (pair.public.encode(), None)
        assert load_certificate(tmp_path / "feed.key_secret") == (pair.public.encode(), pair.secret.encode())

    def test_we_read_pyzmqs(self, tmp_path: Path) -> None:
        create_certificates(tmp_path, "theirs", {"email": "x@example.org"})
        (tmp_path / "theirs.key_secret").chmod(0o600)
        pair = read_pair(str(tmp_path / "theirs.key_secret"))
        assert (pair.public.encode(), pair.secret.encode()) == load_certificate(
            tmp_path / "theirs.key_secret"
        )
        assert read_public(str(tmp_path / "theirs.key")).public == pair.public

    def test_we_read_czmqs(self) -> None:
        text = (
            "#   ****  Generated on 2016-12-14 by CZMQ  ****\n"
            'metadata\n    name = "x"\ncurve\n    public-key = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"\n'
        )
        assert parse(text).public == "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
        assert parse(text).metadata == {"name": "x"}


class TestRefused:
    @pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o644, 0o610])
    def test_a_secret_that_others_may_use(self, tmp_path: Path, bits: int) -> None:
        write_pair(str(tmp_path), "feed", new_pair({}))
        (tmp_path / "feed.key_secret").chmod(bits)
        with pytest.raises(KeyFileError, match=f"mode {bits:04o}") as caught:
            read_pair(str(tmp_path / "feed.key_secret"))
        assert "chmod 600" in (caught.value.remedy or "")

    def test_what_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(KeyFileError, match="does not exist") as caught:
            read_pair(str(tmp_path / "feed.key_secret"))
        assert "orchestrator keys init" in (caught.value.remedy or "")

    @pytest.mark.parametrize("text", ["", "\0\xff", 'curve\n    public-key = "short"\n', "{}" * 100_000])
    def test_what_is_no_certificate(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "feed.key_secret"
        path.write_text(text)
        path.chmod(0o600)
        with pytest.raises(KeyFileError, match="holds no secret key"):
            read_pair(str(path))
        with pytest.raises(KeyFileError, match="holds no public key"):
            read_public(str(path))

    def test_keys_of_different_pairs(self, tmp_path: Path) -> None:
        one, other = new_pair({}), new_pair({})
        path = tmp_path / "feed.key_secret"
        path.write_text(f'curve\n    public-key = "{one.public}"\n    secret-key = "{other.secret}"\n')
        path.chmod(0o600)
        with pytest.raises(KeyFileError, match="do not belong together"):
            read_pair(str(path))


@given(st.text(max_size=400))
def test_no_text_is_too_strange_to_be_read(text: str) -> None:
    found = parse(text)
    assert "\n" not in found.public
    assert "\n" not in found.secret


@given(
    st.dictionaries(st.sampled_from(["name", "made", "until"]), st.text("abc 0-9:.", min_size=1, max_size=20))
)
def test_what_is_written_is_read(metadata: dict[str, str]) -> None:
    pair = new_pair({key: value.strip() or "x" for key, value in metadata.items()})
    with TemporaryDirectory() as directory:
        write_pair(directory, "feed", pair)
        assert read_pair(f"{directory}/feed.key_secret") == pair
        assert read_public(f"{directory}/feed.key").metadata == pair.metadata
