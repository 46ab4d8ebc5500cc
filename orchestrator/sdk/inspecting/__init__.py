"""What can be told of a node's code without running it."""
