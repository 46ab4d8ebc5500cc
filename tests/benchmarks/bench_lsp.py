"""The language server on a file of 1,000 nodes: from a keystroke to the answer, and to the new findings."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from bench_validate import topology
from lsprotocol import types
from pygls.lsp.client import LanguageClient
from support import CLI, Row, ms

NODES = 1000
KEYSTROKES = 30


async def _type(path: Path) -> tuple[list[float], list[float]]:
    """Seconds to the completion's answer after each keystroke, and to the findings once nobody types."""
    text = path.read_text()
    uri = path.as_uri()
    client = LanguageClient("benchmark", "1")
    shown = asyncio.Event()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def _(_: types.PublishDiagnosticsParams) -> None:
        shown.set()

    await client.start_io(*CLI, "lsp")
    await client.initialize_async(
        types.InitializeParams(types.ClientCapabilities(), root_uri=path.parent.as_uri())
    )
    client.initialized(types.InitializedParams())
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "yaml", 0, text))
    )
    await shown.wait()
    line = text.count("\n")
    begun = "  late: {command: x, sockets: {in: {type: PULL, connect: "
    answers, findings = [], []
    for stroke in range(KEYSTROKES):
        typed = f"{begun}stage{stroke}"[: len(begun) + 1 + stroke % 6]
        change = types.TextDocumentContentChangePartial(
            range=types.Range(types.Position(line, 0), types.Position(line + 1, 0)), text=typed
        )
        began = time.perf_counter()
        document = types.VersionedTextDocumentIdentifier(stroke + 1, uri)
        client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
        found = await client.text_document_completion_async(
            types.CompletionParams(types.TextDocumentIdentifier(uri), types.Position(line, len(typed)))
        )
        answers.append(time.perf_counter() - began)
        assert isinstance(found, types.CompletionList)
        assert len(found.items) == NODES - 1, len(found.items)
        if stroke % 10 == 9:
            shown.clear()
            await shown.wait()
            findings.append(time.perf_counter() - began)
        else:
            await asyncio.sleep(0.1)  # somebody types ten characters a second
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    return answers, findings


def measure() -> list[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "topology.yaml")
        path.write_text(topology(NODES, padding=1))
        answers, findings = asyncio.run(_type(path))
    answers.sort()
    return [
        Row(
            f"language server, {NODES:,} nodes: keystroke to completion, median (worst of {KEYSTROKES})",
            f"{ms(statistics.median(answers))} ({ms(answers[-1])})",
            "-",
            "-",
            "< 100 ms",
        ),
        Row(
            f"language server, {NODES:,} nodes: last keystroke to findings, 150 ms of rest included",
            ms(statistics.median(findings)),
            "-",
            "-",
            "-",
        ),
    ]
