"""The API of a running supervisor, on a unix socket in its run directory (docs/reference/api.md).

`server` moves lines, `operations` says what can be asked for, the other modules answer. Whatever a client
sends, the supervisor goes on.
"""
