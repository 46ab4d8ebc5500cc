"""The use cases. The only floor where the others are wired together."""
