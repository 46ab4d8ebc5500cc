"""Messages that come in shared memory are looked at where they lie: the other end of `sharing`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.codecs.base import DecodeError
from orchestrator.wire.envelope import Flag, Header

if TYPE_CHECKING:
    from orchestrator.sdk.incoming.opening import EnvelopeInlet
    from orchestrator.transport.shared.mapping import Mappings


class Unsharer:
    """The way in. Every socket with an envelope has it: the sender decides."""

    def __init__(self, inlet: EnvelopeInlet) -> None:
        self._inlet = inlet
        self._mappings: Mappings | None = None
        self._why: str | None = None
        """Why there is no shared memory here."""
        inlet.on_offer = self.offered
        inlet.readers.insert(0, self.read)

    def offered(self, header: Header) -> None:
        """A sender has a pool: read from it what comes later."""
        mappings = self._opened()
        if mappings is not None and header.offer is not None and header.offer[1] == header.source:
            from orchestrator.transport.shared.layout import Offer

            mappings.attach(Offer(*header.offer))

    def read(self, header: Header, payload: Any) -> Any:
        """The payload, if this is a handle. Raises DecodeError."""
        if not header.flags & Flag.SHARED:
            return payload
        mappings = self._opened()
        if mappings is None:
            raise DecodeError(f"it is in shared memory, and {self._why}")
        from orchestrator.transport.shared.files import SharedError
        from orchestrator.transport.shared.layout import unpack_handle

        handle = unpack_handle(payload)
        if (handle.pool, handle.number) != (header.source, header.number):
            raise DecodeError("its handle is that of another message")
        try:
            return mappings.take(handle)
        except SharedError as error:
            raise DecodeError(f"shared memory: {error}") from error

    def close(self) -> None:
        """The socket is closed. What the node still looks at stays valid."""
        if self._mappings is not None:
            self._mappings.close()

    def _opened(self) -> Mappings | None:
        if self._mappings is None and self._why is None:
            from orchestrator.transport.shared.files import unavailable
            from orchestrator.transport.shared.mapping import Mappings

            self._why = unavailable()
            if self._why is None:
                self._mappings = Mappings(self._inlet.port.sender)
                self._inlet.ask_about_all(self._saw)
        return self._mappings

    def _saw(self, header: Header) -> bool:
        """What comes through the socket tells as well which messages will not be asked for any more."""
        if self._mappings is not None and not header.flags & Flag.SHARED:
            self._mappings.saw(header.source, header.number)
        return True
