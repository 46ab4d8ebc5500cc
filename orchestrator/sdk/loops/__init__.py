"""The loops that drive nodes, and what they do at certain times."""
