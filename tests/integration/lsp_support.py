"""A client of the Language Server Protocol with one open file, as an editor is one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

PATIENCE_S = 30


class Editor:
    """One open file in one client."""

    def __init__(self, client: LanguageClient, path: Path) -> None:
        self.client, self.path, self.uri = client, path, path.as_uri()
        self.text = ""
        self.version = 0
        self.shown: dict[str, list[types.Diagnostic]] = {}
        self.checks = 0
        self.told: list[str] = []
        self.news = asyncio.Event()

    def open(self, text: str) -> None:
        self.text = text
        item = types.TextDocumentItem(self.uri, "yaml", self.version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, text: str) -> None:
        self.version += 1
        self.text = text
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.version, self.uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self.news.clear()
                await self.news.wait()

    def at(self, before: str) -> tuple[types.TextDocumentIdentifier, types.Position]:
        """The position of `|` in `before`, which stands once in the text; counted in UTF-16 units."""
        head, _, tail = before.partition("|")
        assert self.text.count(head + tail) == 1, before
        lead = self.text[: self.text.index(head + tail) + len(head)]
        line = lead.rpartition("\n")[2]
        position = types.Position(lead.count("\n"), len(line.encode("utf-16-le")) // 2)
        return types.TextDocumentIdentifier(self.uri), position

    def words(self, ranges: list[types.Range]) -> list[str]:
        """What stands at ranges of the text."""
        found = []
        for span in ranges:
            assert span.start.line == span.end.line
            line = self.text.split("\n")[span.start.line].encode("utf-16-le")
            found.append(line[2 * span.start.character : 2 * span.end.character].decode("utf-16-le"))
        return found


@asynccontextmanager
async def editor(
    path: Path, text: str, command: Sequence[str], settings: dict[str, Any] | None = None
) -> AsyncIterator[Editor]:
    """A server with `text` open; proves at the end that the server has gone, by itself and with exit code 0."""
    client = LanguageClient("test", "1")
    session = Editor(client, path)

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def _(params: types.PublishDiagnosticsParams) -> None:
        session.shown[params.uri] = list(params.diagnostics)
        session.checks += 1
        session.news.set()

    @client.feature(types.WINDOW_SHOW_MESSAGE)
    def _(params: types.ShowMessageParams) -> None:
        session.told.append(params.message)
        session.news.set()

    @client.feature(types.WORKSPACE_CONFIGURATION)
    def _(params: types.ConfigurationParams) -> list[Any]:
        return [(settings or {}).get(item.section or "") for item in params.items]

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def _(params: types.RegistrationParams) -> None:
        """What a server registers later needs no doing here."""

    await client.start_io(*command)
    server = client._server
    try:
        path.write_text(text)
        params = types.InitializeParams(
            types.ClientCapabilities(
                workspace=types.WorkspaceClientCapabilities(configuration=True),
                text_document=types.TextDocumentClientCapabilities(
                    completion=types.CompletionClientCapabilities(
                        completion_item=types.ClientCompletionItemOptions(
                            snippet_support=True,
                            documentation_format=[types.MarkupKind.Markdown],
                        )
                    ),
                    hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
                ),
            ),
            root_uri=path.parent.as_uri(),
        )
        await client.initialize_async(params)
        client.initialized(types.InitializedParams())
        session.open(text)
        await session.until(lambda: session.uri in session.shown)
        yield session
        await client.shutdown_async(None)
        client.exit(None)
        assert await asyncio.wait_for(server.wait(), PATIENCE_S) == 0
    finally:
        if server.returncode is None:
            server.kill()
        await client.stop()
