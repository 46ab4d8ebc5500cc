"""A hook's request: one POST in a thread of its own. What goes wrong is told without address and headers.

A thread, because the resolver of names has no time-out; it is a daemon, and left to itself when its time is
over.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from orchestrator.runtime.hooks.outcome import HookFailedError

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

MOST_THREADS: Final = 16
"""Requests under way and those given up that have not ended; beyond that none is made."""
_MOST_READ: Final = 2048
"""Bytes of an answer that are looked at."""
_threads = threading.BoundedSemaphore(MOST_THREADS)


async def post(address: str, *, headers: Mapping[str, str], body: bytes, timeout_s: float) -> tuple[str, ...]:
    """Send a POST; the first words of the answer. Raises HookFailedError."""
    if not _threads.acquire(blocking=False):
        raise HookFailedError(f"{MOST_THREADS} requests have not ended yet")
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[str, ...]] = loop.create_future()
    work = threading.Thread(
        target=_work, args=(loop, done, address, dict(headers), body, timeout_s), daemon=True, name="webhook"
    )
    try:
        work.start()
    except RuntimeError as error:  # no more threads can be made
        _threads.release()
        raise HookFailedError(str(error)) from error
    try:
        return await asyncio.wait_for(done, timeout_s)
    except TimeoutError:
        raise HookFailedError(_no_answer(timeout_s)) from None


def _work(
    loop: asyncio.AbstractEventLoop,
    done: asyncio.Future[tuple[str, ...]],
    address: str,
    headers: dict[str, str],
    body: bytes,
    timeout_s: float,
) -> None:
    answer: tuple[str, ...] | HookFailedError
    try:
        answer = send(address, headers, body, timeout_s)
    except HookFailedError as error:
        answer = error
    finally:
        _threads.release()
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody wants to know any more
        loop.call_soon_threadsafe(_settle, done, answer)


def _settle(done: asyncio.Future[tuple[str, ...]], answer: tuple[str, ...] | HookFailedError) -> None:
    if done.done():
        return
    if isinstance(answer, HookFailedError):
        done.set_exception(answer)
    else:
        done.set_result(answer)


def send(address: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> tuple[str, ...]:
    """Send a POST and wait. A redirection is a failure: it would carry the headers elsewhere."""
    import http.client
    import urllib.error
    import urllib.request

    try:
        given = {"Content-Type": "application/json", "User-Agent": "orchestrator", **headers}
        request = urllib.request.Request(address, data=body, headers=given, method="POST")
        with _opener().open(request, timeout=timeout_s) as answer:
            return _lines(answer.read(_MOST_READ))
    except urllib.error.HTTPError as error:
        with error, contextlib.suppress(OSError, http.client.HTTPException):
            raise HookFailedError(f"was answered {error.code}", _lines(error.read(_MOST_READ))) from None
        raise HookFailedError(f"was answered {error.code}") from None
    except (ValueError, http.client.InvalidURL):  # their words hold the address or the header
        reason = "its address or a header holds what HTTP does not allow"
        raise HookFailedError(reason) from None
    except OSError as error:
        cause = getattr(error, "reason", error)
        if isinstance(cause, TimeoutError) and not cause.strerror:  # by our clock, not by the kernel's
            raise HookFailedError(_no_answer(timeout_s)) from None
        told = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
        raise HookFailedError(told or type(error).__name__) from None
    except http.client.HTTPException as error:
        raise HookFailedError(f"the answer is no HTTP: {type(error).__name__}") from None


def _no_answer(timeout_s: float) -> str:
    return f"no answer within {timeout_s:g} s, its `timeout`"


def _opener() -> OpenerDirector:
    """As urllib makes it, with proxies from the environment; redirections are not followed."""
    import urllib.request

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    return urllib.request.build_opener(Stay())


def _lines(answer: bytes) -> tuple[str, ...]:
    return tuple(line[:200] for line in answer.decode("utf-8", "replace").splitlines() if line.strip())[:5]
