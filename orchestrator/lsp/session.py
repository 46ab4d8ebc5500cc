"""The open files of one client, and what is known of each. Checks in the background, answers from memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from orchestrator.app.policy import Overrides
from orchestrator.lsp.analysis import Analysis, analyse
from orchestrator.lsp.convert import Converter, uri_of

QUIET_S: Final = 0.15
"""A file is checked when nobody has typed for so long."""


class Session:
    """One per server."""

    def __init__(self, server: LanguageServer, overrides: Overrides) -> None:
        self._server = server
        self._overrides = overrides
        self._known: dict[str, Analysis] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._shown: dict[str, set[str]] = {}
        """Of each file: the files that its findings were shown in."""
        self._complained: str | None = None

    def latest(self, uri: str) -> Analysis | None:
        """What was last found out, perhaps about an earlier text."""
        return self._known.get(uri)

    async def current(self, uri: str) -> Analysis:
        """What is true of the text as it stands now."""
        text = self.text(uri)
        known = self._known.get(uri)
        if known is None or known.text != text:
            known = await asyncio.to_thread(analyse, _file_of(uri), text, known, self._overrides)
            self._known[uri] = known
        return known

    def text(self, uri: str) -> str:
        source: str = self._server.workspace.get_text_document(uri).source
        return source

    def converter(self, analysis: Analysis) -> Converter:
        """Places of an analysis in the client's units."""
        sources: Mapping[str, str] = {**analysis.sources, analysis.file: analysis.text}
        return Converter(self._server.workspace.position_codec, sources)

    # -- checking

    def check_soon(self, uri: str, delay_s: float = QUIET_S) -> None:
        """Check a file once it rests; a check that was planned before is dropped."""
        loop = asyncio.get_running_loop()
        planned = self._timers.pop(uri, None)
        if planned is not None:
            planned.cancel()
        self._timers[uri] = loop.call_later(delay_s, self._begin, uri)

    def _begin(self, uri: str) -> None:
        self._timers.pop(uri, None)
        task = asyncio.ensure_future(self._check(uri))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _check(self, uri: str) -> None:
        analysis = await self.current(uri)
        if uri not in self._timers:  # else it has changed meanwhile, and is checked again
            self._show(uri, analysis)

    def forget(self, uri: str) -> None:
        """A file was closed: its findings leave the editor."""
        planned = self._timers.pop(uri, None)
        if planned is not None:
            planned.cancel()
        self._known.pop(uri, None)
        for shown in self._shown.pop(uri, set()):
            self._publish(shown, [])

    def _show(self, uri: str, analysis: Analysis) -> None:
        self._complain(analysis.settings_error)
        converter = self.converter(analysis)
        found: dict[str, list[types.Diagnostic]] = {uri: []}
        for finding in analysis.findings:
            place = uri if finding.span.file == analysis.file else uri_of(finding.span.file)
            found.setdefault(place, []).append(converter.diagnostic(finding))
        for gone in self._shown.get(uri, set()) - found.keys():
            self._publish(gone, [])
        for place, diagnostics in found.items():
            self._publish(place, diagnostics)
        self._shown[uri] = set(found)

    def _complain(self, settings_error: str | None) -> None:
        """Say once what there is to say about the settings."""
        if settings_error is not None and settings_error != self._complained:
            told = types.ShowMessageParams(types.MessageType.Warning, settings_error)
            self._server.window_show_message(told)
        self._complained = settings_error

    def _publish(self, uri: str, diagnostics: list[types.Diagnostic]) -> None:
        self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics))


def _file_of(uri: str) -> str:
    """The path behind a URI; an unsaved buffer goes by its URI."""
    return to_fs_path(uri) or uri if uri.startswith("file:") else uri
