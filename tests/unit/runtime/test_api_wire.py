"""Requests as they come over the socket: read, or refused with a reason, and never anything else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.wire import api

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def test_a_request_comes_out_as_it_went_in():
    found = api.read_request(api.request(7, "stop", {"units": ["a"]}))
    assert (found.id, found.do, found.args) == (7, "stop", {"units": ["a"]})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "a request is a JSON object"),
        (b'{"id": true, "api": 1, "do": "status"}', "`id` is"),
        (b'{"id": [1], "api": 1, "do": "status"}', "`id` is"),
        (b'{"id": 1, "do": "status"}', "speaks version 1"),
        (b'{"id": 1, "api": 2, "do": "status"}', "speaks version 1"),
        (b'{"id": 1, "api": 1}', "`do` is"),
        (b'{"id": 1, "api": 1, "do": "status", "args": []}', "`args` an object"),
    ],
)
def test_what_is_no_request_is_refused_with_a_reason(line, told):
    with pytest.raises(api.ApiError, match=told):
        api.read_request(line)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_nothing_else_is_ever_raised(line):
    try:
        api.read_request(line)
    except api.ApiError as error:
        assert json.loads(api.error(api.request_id(line), error))["error"]["message"]


def test_a_file_name_that_is_no_text_still_goes_over_the_line():
    assert json.loads(api.result(1, {"file": "\udcff"}))["result"]["file"] == "\udcff"
