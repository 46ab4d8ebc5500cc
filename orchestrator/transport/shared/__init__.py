"""Large messages between processes of one host through shared memory (docs/decisions/shared-memory.md).

`pool` writes, `mapping` reads, `cleaning` removes what nobody uses any more. They know no ZeroMQ: what goes
through a socket is a handle (`layout.Handle`).
"""
