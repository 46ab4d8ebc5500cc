"""What drives a node from its setup to its teardown: plain, on asyncio, by timers."""
