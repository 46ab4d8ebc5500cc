"""What people already have, as a proposal of a topology file: ZDCF, docker compose, a Procfile, processes.

One module per format, pure: text in, a `draft.Draft` out; `emit` makes commented YAML of any draft. Only
`sources` reads files, `processes` reads /proc, and `probe` opens connections. What a source does not tell is
left open and marked, never guessed. Knows no rule and runs nothing.
"""
