"""A node's sockets by their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.sdk.socket import Socket


class Sockets:
    """A node's sockets by name: `self.sockets.ticks`, `self.sockets["order-book"]`.

    Iterates over the sockets.
    """

    def __init__(self, sockets: Sequence[Socket] = ()) -> None:
        self._by_name = {s.name: s for s in sockets}
        self._by_attribute = {attribute(s.name): s for s in sockets}

    def __getattr__(self, name: str) -> Socket:
        if name.startswith("__"):
            raise AttributeError(name)
        found = self._by_attribute.get(name)
        if found is None:
            known = ", ".join(self._by_name) or "none"
            raise AttributeError(f"the topology gives this node no socket {name!r} (it has: {known})")
        return found

    def __getitem__(self, name: str) -> Socket:
        found = self._by_name.get(name)
        return found if found is not None else self.__getattr__(name)

    def __iter__(self) -> Iterator[Socket]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name


def attribute(name: str) -> str:
    """A socket's name as a Python word: `order-book` is reached as `order_book` and handled by
    `on_order_book`."""
    return name.replace("-", "_").replace(".", "_")
