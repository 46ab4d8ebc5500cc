"""Drafts as text: what stands in comments can't become anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.importing.draft import Draft, Left, NodeDraft, Origin, SocketDraft
from orchestrator.importing.emit import emit
from orchestrator.importing.telling import told
from orchestrator.model.load import load
from orchestrator.model.types import ForeignProgram
from orchestrator.source.foreign import Foreign

NASTY = st.text(alphabet=st.sampled_from("a\n\r\t\x00\x85\u2028:#{}[]\"'\\ -&*!%@`$,|>?~=<ü\U0001f600\ud800"))


def draft(**node: object) -> Draft:
    one = NodeDraft(**{"name": "n", "command": ("x",), **node})  # type: ignore[arg-type]
    return Draft(name="d", made_from="f (test)", nodes=(one,))


@given(NASTY, NASTY, NASTY)
def test_no_comment_breaks_out(note: str, why: str, key: str) -> None:
    text = emit(
        draft(
            notes=(note,),
            problems=(note,),
            about={"command": (note,), "cwd": (why,)},
            left=(Left(key or "k", Foreign(why, 1, 1), why),),
            sketch=(note,),
        )
    )
    loaded = load("d.yaml", text=text, environ={})
    assert loaded.topology is not None, text
    assert list(loaded.topology.nodes) == ["n"]
    assert text.count("\n") + 1 < 10_000


WORDS = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.sampled_from("\n -#:'"),
    min_size=1,
)


@given(
    st.lists(WORDS, min_size=1, max_size=4),
    st.dictionaries(st.from_regex(r"[A-Z_]{1,8}", fullmatch=True), WORDS),
)
def test_commands_and_variables_come_out_as_they_went_in(words: list[str], env: dict[str, str]) -> None:
    escaped = [word.replace("$", "$$") if "${" in word else word for word in words]
    values = {key: value.replace("$", "$$") if "${" in value else value for key, value in env.items()}
    text = emit(draft(command=tuple(escaped), env=values))
    loaded = load("d.yaml", text=text, environ={})
    if loaded.topology is None:  # words that no program can get: told, with a place
        assert loaded.diagnostics
        return
    program = loaded.topology.nodes["n"].program
    assert isinstance(program, ForeignProgram)
    if not any("$" in word for word in (*words, *env.values())):
        assert list(program.argv) == words
        assert loaded.topology.nodes["n"].env == env


def test_the_schema_is_named_where_there_is_one() -> None:
    assert emit(draft(), schema="topology.schema.json").startswith(
        "# yaml-language-server: $schema=topology.schema.json\n# Imported from f (test) by"
    )
    assert emit(draft()).startswith("# Imported from f (test) by")


def test_what_is_open_has_an_empty_key_and_a_mark() -> None:
    socket = SocketDraft(name="s", type=None, bind=("tcp://127.0.0.1:1024",), open_type="why not.")
    deaf = SocketDraft(name="t", type="SUB", connect=("tcp://127.0.0.1:1025",))
    text = emit(draft(command=None, open_program="what runs.", sockets=(socket, deaf)))
    assert "    # FILL IN: what runs.\n    command:\n" in text
    assert "        # FILL IN: why not.\n        type:\n" in text
    assert "        subscribe:\n" in text
    assert "# 3 things can't be known from the source" in text


def test_told_is_ordered_by_place_and_the_main_file_comes_first() -> None:
    left = (
        Left("b", Foreign(1, 9, 1), "why"),
        Left("a", Foreign(1, 5, 1, key_line=4), "why"),
        Left("o", Foreign(1, 2, 1, "a.yml"), "why"),
        Left("x-quiet", Foreign(1, 1, 1), ""),
    )
    found = told(draft(left=left, origin=Origin("main", 7), command=None, open_program="it."), "main")
    assert [str(one) for one in found] == [
        "main:4: n: `a` is left out: why",
        "main:7: n: to be filled in: it.",
        "main:9: n: `b` is left out: why",
        "a.yml:2: n: `o` is left out: why",
    ]


@pytest.mark.parametrize("name", ["1", "null", "true", "1e3", "-"])
def test_names_of_any_kind_are_keys(name: str) -> None:
    text = emit(Draft(name="d", made_from="f", nodes=(NodeDraft(name=name, command="x"),)))
    loaded = load("d.yaml", text=text, environ={})
    names = list(loaded.meant.nodes) if loaded.meant else []
    assert name in names or loaded.diagnostics
