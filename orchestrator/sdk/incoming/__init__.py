"""From the frames that libzmq has to a node's object: envelopes, what is missing, shared memory."""
