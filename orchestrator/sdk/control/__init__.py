"""The line between a node's loop and its host: stop, hold, the end of its work."""
