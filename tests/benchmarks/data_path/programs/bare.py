"""The tightest loops that can be written with pyzmq: `bare.py send|receive ADDRESS LOAD`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import zmq

sys.path.insert(0, str(Path(__file__).parents[2]))

from data_path.traffic import FLOOD, READ_FROM, Buffers, Load, Tally, payloads, read_all, send_load


def sending(address: str, load: Load) -> None:
    socket = zmq.Context().socket(zmq.PUSH)
    socket.connect(address)
    send = socket.send
    if load.size < READ_FROM:
        send_load(load, send, payloads(load.size))
    else:  # from here on it is cheaper that libzmq reads our buffer
        send_load(load, lambda data: send(data, 0, False), Buffers(load.size).make)
    signal.pause()  # whoever closes now may lose the tail (libzmq #4660)


def receive_small(socket: zmq.Socket[bytes], tally: Tally) -> None:
    recv = socket.recv
    while True:
        data = recv()
        if data[7] == FLOOD:
            tally.flood += 1
        elif not tally.take(int.from_bytes(data[:8], "little")):
            return


def receive_large(socket: zmq.Socket[bytes], tally: Tally) -> None:
    while True:
        data = socket.recv(copy=False).buffer
        read_all(data)
        if not tally.take(int.from_bytes(data[:8], "little")):
            return


def receiving(address: str, load: Load) -> None:
    socket = zmq.Context().socket(zmq.PULL)
    socket.bind(address)
    (receive_small if load.size < READ_FROM else receive_large)(socket, Tally(load))


if __name__ == "__main__":
    {"send": sending, "receive": receiving}[sys.argv[1]](sys.argv[2], Load.from_arguments(sys.argv[3]))
