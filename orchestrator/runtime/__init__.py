"""The supervisor's shell: it hears what happens, asks the machine, and carries out what that decides.

Judgement is not here (orchestrator.supervision), processes are not here (orchestrator.engines), and nothing
is printed here: what a person may want to see leaves as a Report.
"""
