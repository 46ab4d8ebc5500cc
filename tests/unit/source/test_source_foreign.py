"""YAML of others: values with places, merge keys merged, nothing that expands without end."""

from __future__ import annotations

import pytest

from orchestrator.source.foreign import Foreign, ForeignData, ForeignError, read_foreign


def plain(value: Foreign | None) -> object:
    data: ForeignData = None if value is None else value.data
    if isinstance(data, dict):
        return {key: plain(inner) for key, inner in data.items()}
    return [plain(item) for item in data] if isinstance(data, list) else data


def test_scalars_follow_yaml_1_2() -> None:
    assert plain(read_foreign("[no, 010, 22:22, 1.10, ~, 'true', true, 0x10]")) == [
        "no", 10, "22:22", 1.1, None, "true", True, 16,
    ]  # fmt: skip


def test_merge_keys_give_way_to_own_keys_and_to_earlier_ones() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], z: 3}\nd:\n  <<: *a\n  y: 9\n"
    read = plain(read_foreign(text))
    assert isinstance(read, dict)
    assert read["c"] == {"x": 1, "y": 1, "z": 3}
    assert read["d"] == {"x": 1, "y": 9}


def test_values_know_their_places() -> None:
    root = read_foreign("a:\n  - b\n  - c: d\n")
    assert root is not None
    assert isinstance(root.data, dict)
    items = root.data["a"].data
    assert isinstance(items, list)
    assert (items[1].line, items[1].column) == (3, 5)


def test_an_empty_text_holds_nothing() -> None:
    assert read_foreign("# only this\n") is None


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: [1", 1, ""),
        ("a: 1\na: 2", 2, "stands twice"),
        ("a: &a [*a]", 1, "contains itself"),
        ("a: !reset 1", 1, "`!reset` is not understood"),
        ("? [a]\n: b", 1, "a key is a mapping or a list"),
        ("a: 1\nb: {<<: 5}", 2, "merges mappings"),
        ("[" * 2000, 1, "nested too deep"),
        ("a: 1\n---\nb: 2", 2, ""),
        ("a: \x01", 1, ""),
    ],
)
def test_what_cannot_be_read_says_where(text: str, line: int, says: str) -> None:
    with pytest.raises(ForeignError) as error:
        read_foreign(text)
    assert error.value.line >= line
    assert says in error.value.message


def test_aliases_of_aliases_do_not_multiply_for_ever() -> None:
    text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    text += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    with pytest.raises(ForeignError, match="aliases written out"):
        read_foreign(text)
