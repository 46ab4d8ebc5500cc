"""What the kernel tells: sockets and who holds them, when processes began, what control groups allow. Linux.

Read from /proc (proc(5)), sock_diag(7) and cgroups(7), as far as this user may see; where there is no such
table, it is empty, and nothing here raises. Knows no ZeroMQ and no topology.
"""
