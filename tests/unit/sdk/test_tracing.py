"""Traces and deadlines travel with the work that a message causes."""

from __future__ import annotations

import asyncio
import os
import re

import pytest

from orchestrator.sdk import tracing
from orchestrator.wire.envelope import Header, MessageId, Trace

TRACE = Trace(bytes(range(16)), bytes(range(8)), 1)


def header(trace: Trace | None = TRACE, **others: object) -> Header:
    return Header(source=5, sequence=1, number=9, timestamp_ns=0, trace=trace, **others)  # type: ignore[arg-type]


def test_what_a_handler_sends_belongs_to_the_trace_of_its_message() -> None:
    token = tracing.begin(header())
    sent = tracing.outgoing_trace()
    assert (sent.trace_id, sent.flags) == (TRACE.trace_id, 1)
    assert sent.span_id != TRACE.span_id
    assert tracing.outgoing_trace() == sent  # all it sends comes from the same span
    tracing.end(token)
    assert tracing.current_trace() is None
    assert tracing.outgoing_trace().trace_id != TRACE.trace_id


def test_what_is_sent_without_a_cause_begins_a_trace() -> None:
    first, second = tracing.outgoing_trace(), tracing.outgoing_trace()
    assert len(first.trace_id) == 16 and len(first.span_id) == 8
    assert first.trace_id != second.trace_id


def test_a_message_without_a_trace_begins_one_for_all_that_it_causes() -> None:
    token = tracing.begin(header(None))
    assert tracing.outgoing_trace().trace_id == tracing.outgoing_trace().trace_id
    tracing.end(token)


def test_a_work_inside_of_a_work_gives_way_to_it_again() -> None:
    outer = tracing.begin(header())
    inner = tracing.begin(header(Trace(b"x" * 16, b"y" * 8, 0)))
    assert tracing.outgoing_trace().trace_id == b"x" * 16
    tracing.end(inner)
    assert tracing.outgoing_trace().trace_id == TRACE.trace_id
    tracing.end(outer)


def test_the_request_is_that_of_the_first_attempt() -> None:
    token = tracing.begin(header(request=MessageId(5, 3)))
    work = tracing.current_work.get()
    assert work is not None
    assert (work.cause, work.request) == (MessageId(5, 9), MessageId(5, 3))
    tracing.end(token)


def test_the_time_that_is_left() -> None:
    assert tracing.time_left_s() is None
    token = tracing.begin(header(deadline_ns=3_000_000_000))
    assert tracing.time_left_s(1_000_000_000) == 2.0
    assert tracing.time_left_s(4_000_000_000) == -1.0
    tracing.end(token)


def test_tasks_of_asyncio_do_not_mix_their_traces() -> None:
    async def handle(n: int) -> tuple[bytes, bytes]:
        token = tracing.begin(header(Trace(bytes([n]) * 16, b"y" * 8, 1)))
        await asyncio.sleep(0)
        inner = await asyncio.create_task(ask())
        tracing.end(token)
        return bytes([n]) * 16, inner

    async def ask() -> bytes:
        await asyncio.sleep(0)
        return tracing.outgoing_trace().trace_id

    async def both() -> list[tuple[bytes, bytes]]:
        return await asyncio.gather(*(handle(n) for n in range(1, 6)))

    for expected, found in asyncio.run(both()):
        assert expected == found


def test_the_log_names_the_trace() -> None:
    assert tracing.log_suffix() == ""
    token = tracing.begin(header())
    span = tracing.outgoing_trace()
    assert tracing.log_suffix() == f" [trace={TRACE.trace_id.hex()} span={span.span_id.hex()}]"
    tracing.end(token)
    token = tracing.begin(header(None))
    assert tracing.log_suffix() == ""  # neither came with a trace nor has sent one
    tracing.end(token)


def test_traceparent_is_that_of_the_w3c() -> None:
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", tracing.traceparent(tracing.new_trace()))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_forked_processes_give_out_other_ids() -> None:
    tracing.new_trace()
    reader, writer = os.pipe()
    if not (child := os.fork()):
        os.write(writer, tracing.new_trace().trace_id)
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 16) != tracing.new_trace().trace_id
    os.close(reader)
    os.close(writer)
