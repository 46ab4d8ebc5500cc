"""Events in, actions out: the whole judgement of the supervisor, without I/O, clock, chance or logging.

`machine` is the way in; `status` tells what can be seen; `testing` is a world to try it in. The other modules
follow the data: `wiring` (who waits for whom) and `state` are what is known, `turn` is one step being taken,
and `start`, `readiness`, `exits`, `liveness`, `deadlines`, `requests`, `stop` each take one kind of event;
`ending`, `outcome` and `verdict` are what those come to.
"""
