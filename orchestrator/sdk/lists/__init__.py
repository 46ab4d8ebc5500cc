"""Nodes under test: sockets that are lists, and a clock that is moved by hand."""
