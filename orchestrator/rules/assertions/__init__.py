"""Policies: rules that people write in YAML, `select` what, `assert` what holds of it.

A policy becomes an OwnRule (`orchestrator.rules.own`), so all that holds for rules holds for policies. Text
and data in, rules and findings out; which files there are is for `orchestrator.app` to know. Nothing here is
ever handed to Python's `eval`, and nothing that an expression names is looked up but the fields in `kinds`.
"""

from __future__ import annotations
