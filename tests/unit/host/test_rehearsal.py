"""The rehearsal leaves nothing behind that a fork could not take along."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import os, sys, threading
import orchestrator.host
import zmq

def descriptors():
    return set(os.listdir('/proc/self/fd')) if os.path.isdir('/proc/self/fd') else set()

made = []
zmq.Context = lambda *a, **k: made.append(a)
path, before = list(sys.path), descriptors()
orchestrator.host.rehearse()
assert not made, 'a ZeroMQ context does not survive a fork'
assert threading.active_count() == 1, 'nor does a thread'
assert sys.path == path
assert descriptors() == before
assert 'orchestrator.host.blank' not in sys.modules
unwanted = {'yaml', 'jsonschema', 'networkx', 'graphviz', 'asyncio', 'multiprocess', 'tempfile'}
assert unwanted.isdisjoint(sys.modules)
"""


def test_no_context_no_thread_no_descriptor() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr == ""
