"""Projects whose supervisor is gone and whose nodes go on (`up --keep`)."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Final

ZYGOTE: Final = "zygote"
"""The socket, in the run directory, on which the one who holds the nodes waits for another supervisor."""
_PATIENCE_S: Final = 1.0


def waits(run_dir: Path) -> bool:
    """Whether somebody holds nodes there. Means something only while no supervisor holds the project."""
    if not hasattr(socket, "AF_UNIX"):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(_PATIENCE_S)
        try:
            line.connect(os.fspath(run_dir / ZYGOTE))
        except TimeoutError:  # it is there, and very busy
            return True
        except OSError:
            return False
    return True
