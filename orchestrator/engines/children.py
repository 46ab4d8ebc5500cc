"""What the engine knows of a process that it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.engines.stdio import Ends, InputWriter, OutputReader


@dataclass(slots=True, eq=False)
class Child:
    """One attempt of a unit, from its request to its exit."""

    unit: str
    attempt: int
    ends: Ends | None
    pid: int | None = None
    readers: list[OutputReader] = field(default_factory=list)
    stdin: InputWriter | None = None
    killed: bool = False
    """Whether we sent it SIGKILL."""

    def release(self) -> None:
        """Give its descriptors back."""
        for reader in self.readers:
            reader.close()
        if self.stdin is not None:
            self.stdin.close()
        if self.ends is not None:
            self.ends.close()
            self.ends = None
