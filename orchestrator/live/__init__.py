"""Tools on a live link: what is on it, one more peer of it, how fast it is, its past in a file and back.

All that is known of the topology comes from the API of its supervisor (`board`). Nothing here prints.
"""
