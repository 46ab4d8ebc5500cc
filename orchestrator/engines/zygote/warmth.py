"""What a zygote imports so that a fork of it is a node ready to run. Loaded in the zygote."""

from __future__ import annotations

import importlib
import sys
from typing import Final

from orchestrator.engines.protocol import Configure

_MODULES: Final = (
    *("zmq", "dill", "multiprocess", "multiprocess.popen_fork"),
    *("orchestrator.sdk", "orchestrator.host"),
)


class Warmth:
    """Whether everything that nodes need is there. A zygote of foreign programs alone never needs it."""

    def __init__(self, configuration: Configure) -> None:
        self._configuration = configuration
        self._reached = False

    def reach(self) -> bool:
        """Import what every node needs, let it rehearse, and look as a fresh interpreter does.

        False when that has been done before. A node that misses something reports that itself, on its stderr.
        """
        if self._reached:
            return False
        self._reached = True
        for module in (*_MODULES, self._configuration.target.partition(":")[0]):
            try:
                getattr(importlib.import_module(module), "rehearse", _nothing)()
            except ImportError as error:
                sys.stderr.write(f"zygote: {module} cannot be imported: {error}\n")
        from orchestrator.engines.zygote.pynode import look_fresh

        look_fresh(self._configuration.env)
        return True


def _nothing() -> None:
    """Most modules have nothing to rehearse."""
