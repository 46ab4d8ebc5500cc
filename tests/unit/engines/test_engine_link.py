"""The supervisor's end of the line to a zygote."""

from __future__ import annotations

import asyncio
import socket
import tempfile

from orchestrator.engines.link import ZygoteLink
from orchestrator.engines.protocol import Exited, Message, encode


class Process:
    """A zygote that is nobody."""

    pid = 1

    def kill(self) -> None: ...

    def send_signal(self, sig: int) -> None: ...

    def poll(self) -> int | None:
        return 0

    def wait(self, timeout: float | None = None) -> int:
        return 0


def test_of_messages_that_come_together_only_the_one_whose_reader_raises_is_lost() -> None:
    async def main() -> None:
        loop, problems, got = asyncio.get_running_loop(), [], []
        loop.set_exception_handler(lambda _, context: problems.append(context))
        ours, theirs = socket.socketpair()

        def hear(message: Message) -> None:
            assert isinstance(message, Exited)
            got.append(message.unit)
            if message.unit in ("a", "c"):
                raise RuntimeError("broken")

        link = ZygoteLink(ours, Process(), tempfile.TemporaryFile())  # noqa: SIM115
        link.attach(loop, hear, lambda: None)
        told = (Exited(unit=u, attempt=1, pid=1, status=0, out_of_memory=False) for u in "abcd")
        theirs.sendall(b"".join(map(encode, told)))
        async with asyncio.timeout(20):
            while len(got) < 4:
                await asyncio.sleep(0)
        assert got == ["a", "b", "c", "d"] and len(problems) == 2
        link.discard()
        theirs.close()

    asyncio.run(main())
