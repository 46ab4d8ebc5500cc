"""From a node's object to frames that libzmq has taken: envelopes, batches, shared memory; no room, nobody
there yet, the end."""
