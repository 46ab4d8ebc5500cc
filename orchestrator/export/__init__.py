"""Topologies for other tools: the resolved topology as plain data, its graph in the formats that graphs have.

Values and texts only: nothing here reads a file or writes one, and no graph library is loaded.
"""
