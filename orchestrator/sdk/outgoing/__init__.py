"""From a node's object to frames that libzmq has taken: envelopes, batches, shared memory, the end."""
