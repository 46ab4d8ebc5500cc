"""A language server for topology files: what `validate` knows, while the file is being written.

`index` and what stands on it are pure: a topology in, places out. `server` alone speaks the protocol
(LSP 3.17), by pygls, which the extra `[lsp]` brings.
"""
