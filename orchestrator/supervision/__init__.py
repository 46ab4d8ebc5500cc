"""Events in, actions out: the whole judgement of the supervisor, without I/O, clock, randomness or logging."""
