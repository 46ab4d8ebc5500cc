"""What can be told of a node without running it: its code is imported, and its Params are made."""
