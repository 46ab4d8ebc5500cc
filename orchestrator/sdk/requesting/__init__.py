"""Requests and replies: attempts, breakers, servers, duplicates, errors as replies."""
