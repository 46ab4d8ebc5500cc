"""Faults on purpose: an experiment on a topology, and the verdict about it.

`reading` makes an Experiment of a file, `schedule` what happens when, `rerouting` puts forwarders into the
plan, `running` carries it all out, `checks` and `counting` judge, `verdict` is what came of it.
"""
