"""Sender and receiver as dora nodes: the load is in the environment, the part is the argument."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import dora

sys.path.insert(0, str(Path(__file__).parents[2]))

from data_path.traffic import FLOOD, READ_FROM, Load, Tally, payloads, read_all, send_load


def sending(node: Any, load: Load) -> None:
    def send_in_place(value: int) -> None:
        sample = node.send_output_raw("ticks", load.size)
        view = sample.as_memoryview()
        view[:8] = value.to_bytes(8, "little")
        view.release()
        sample.send()

    if load.size < READ_FROM:
        send_load(load, lambda data: node.send_output("ticks", data), payloads(load.size))
    else:  # the way that dora has for what is large: no copy
        send_load(load, send_in_place, lambda value: value)


def receiving(node: Any, load: Load) -> None:
    tally, large = Tally(load), load.size >= READ_FROM
    for event in node:
        if event["type"] != "INPUT":
            continue
        data = memoryview(event["value"].buffers()[1])
        if large:
            read_all(event["value"].to_numpy())
        if data[7] == FLOOD:
            tally.flood += 1
        elif not tally.take(int.from_bytes(data[:8], "little")):
            return


if __name__ == "__main__":
    {"send": sending, "receive": receiving}[sys.argv[1]](dora.Node(), Load.from_arguments(os.environ["LOAD"]))
