"""Observed against declared: what the sockets of running processes do, beside the links of the plan.

Values in, values out: who observes, and how, is the shell's to know.
"""
