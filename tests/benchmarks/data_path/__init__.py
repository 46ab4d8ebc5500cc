"""What bench_data.py measures, and how each contestant moves messages from one process to another."""
