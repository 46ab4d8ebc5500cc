"""The kernel's tables of sockets and of who holds them: TCP, unix, and the descriptors of processes. Linux.

Read from /proc (proc(5)) and sock_diag(7), as far as this user may see; where there is no such table, it is
empty, and nothing here raises. Knows no ZeroMQ and no topology.
"""
