"""Projects: running topologies by name, and where on this machine their files are.

A project is held by one supervisor at a time, by a lock on a descriptor. Nothing here talks to a supervisor,
and nothing knows what one does.
"""
