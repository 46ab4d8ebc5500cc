"""MCAP files (https://mcap.dev/spec), version 0: written so that a crash loses no more than the last second,
and read by their index, or without one.

Chunks are written uncompressed. Knows files and bytes, and nothing of sockets.
"""
