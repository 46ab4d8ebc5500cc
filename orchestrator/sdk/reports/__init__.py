"""What a node tells of its work: counters, meters, bad messages, telemetry."""
