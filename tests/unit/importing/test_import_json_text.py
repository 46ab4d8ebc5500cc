"""JSON with places: what the standard library reads is read as it does, the rest refused with its place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.importing.comments import plain
from orchestrator.importing.errors import SourceError
from orchestrator.importing.jsontext import read_json

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(_VALUES, st.sampled_from([None, 1, 4]))
def test_what_json_writes_is_read_back(value: object, indent: int | None) -> None:
    assert plain(read_json(json.dumps(value, indent=indent), "f")) == value


@given(st.text(alphabet='{}[],:"\\ \n\tu019aeE.-+truefalsn'))
def test_it_accepts_what_json_accepts(text: str) -> None:
    def strictly(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError
        return dict(pairs)

    try:
        expected: object = json.loads(text, object_pairs_hook=strictly)
    except ValueError:
        with pytest.raises(SourceError):
            read_json(text, "f")
    else:
        assert plain(read_json(text, "f")) == expected


def test_values_know_their_places() -> None:
    root = read_json('{\n  "a": [1,\n    {"b": "x"}]\n}', "f")
    assert isinstance(root.data, dict)
    items = root.data["a"].data
    assert isinstance(items, list)
    assert [(item.line, item.column) for item in items] == [(2, 9), (3, 5)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,}', "f:1:9: a value is expected between `,` and `}`"),
        ('{"a": 1\n "b": 2}', "f:2:2: a `,` or `}` is expected here"),
        ('{"a": 1, "a": 2}', 'f:1:10: "a" stands twice in this object'),
        ("{'a': 1}", "f:1:2: a name in double quotes is expected here"),
        ('{"a" 1}', "f:1:6: a `:` is expected here"),
        ('{"a": "x\n"}', "f:1:7: this text is not closed, or holds what no JSON text may"),
        ('{"a": // c\n1}', "f:1:7: no JSON value starts here"),
        ('{"a": ', "f:1:7: the file ends where a value is expected"),
        ("{} {}", "f:1:4: something follows behind the end of the value"),
        ("[" * 200, "f:1:102: nested more than 100 levels deep"),
        ("[" + "9" * 5000 + "]", "f:1:2: this number is too long"),
    ],
)
def test_errors_say_where(text: str, message: str) -> None:
    with pytest.raises(SourceError) as error:
        read_json(text, "f")
    assert error.value.message == message
    assert error.value.remedy


def test_half_a_surrogate_pair_is_no_trap() -> None:
    assert read_json('"\\ud83d"', "f").data == "\N{REPLACEMENT CHARACTER}"
