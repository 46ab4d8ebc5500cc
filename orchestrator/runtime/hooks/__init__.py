"""Hooks: commands and webhooks that are started when something happens. Supervision never waits for them.

`happenings` says what a report means for hooks, `limits` how often one may run, `commands` and `webhooks` run
one, `line` holds the events that wait, `hooks` brings them together.
"""
