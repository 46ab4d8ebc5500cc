"""`orchestrator lsp` as an editor sees it: a real client of the protocol, over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from lsp_support import Editor, editor
from lsprotocol import types
from pygls.exceptions import JsonRpcException

pytestmark = pytest.mark.integration
SERVER = (sys.executable, "-m", "orchestrator", "lsp")

TEXT = """\
version: 1
name: market
messages:
  Tick: {codec: json}
endpoints:
  exchange: {address: "tcp://10.0.0.5:9000", type: PUB, external: true}
nodes:
  feed:
    run: market:Feed
    sockets:
      raw: {type: SUB, connect: exchange, subscribe: [""]}
      ticks: {type: PUB, bind: auto, message: Tick}
  "strategy":
    command: [./strategy, "😋", "${{ nodes.feed.sockets.ticks.address }}", "${{ sockets.ticks.address }}"]
    depends_on: [feed]
    sockets:
      ticks:
        type: SUB
        connect: ["feed.ticks"]
        subscribe: [""]
        message: Tick
"""


def play(tmp_path: Path, scene: Callable[[Editor], Awaitable[None]], text: str = TEXT) -> None:
    async def run() -> None:
        async with editor(tmp_path / "topology.yaml", text, SERVER) as session:
            await scene(session)

    asyncio.run(run())


def test_findings_appear_move_and_go_with_the_text(tmp_path: Path) -> None:
    async def scene(session: Editor) -> None:
        assert session.shown[session.uri] == []
        session.change(TEXT.replace("type: SUB\n", "type: PULL\n").replace('        subscribe: [""]\n', ""))
        await session.until(lambda: session.shown[session.uri] != [])
        (found,) = session.shown[session.uri]
        assert found.code == "ZMQ101"
        assert found.severity == types.DiagnosticSeverity.Error
        assert session.words([found.range]) == ['"feed.ticks"']
        assert found.related_information
        assert session.words([found.related_information[0].location.range]) == ["auto"]
        session.change(TEXT)
        await session.until(lambda: session.shown[session.uri] == [])

    play(tmp_path, scene)


def test_a_reference_leads_to_its_definition(tmp_path: Path) -> None:
    async def scene(session: Editor) -> None:
        for before, word, line in (
            ('["feed.ti|cks"]', "ticks", 11),
            ('["fe|ed.ticks"]', "feed", 7),
            ("depends_on: [f|eed]", "feed", 7),
            ("nodes.feed.sockets.tic|ks.address", "ticks", 11),
            ("{{ sockets.ti|cks.address", "ticks", 16),
            ("connect: ex|change", "exchange", 5),
            ("bind: auto, message: Ti|ck", "Tick", 3),
        ):
            found = await session.client.text_document_definition_async(
                types.DefinitionParams(*session.at(before))
            )
            assert isinstance(found, types.Location), before
            assert session.words([found.range]) == [word], before
            assert found.range.start.line == line, before

    play(tmp_path, scene)


def test_run_leads_to_the_python_code(tmp_path: Path) -> None:
    (tmp_path / "market.py").write_text("import os\n\n\nclass Feed:\n    pass\n")

    async def scene(session: Editor) -> None:
        params = types.DefinitionParams(*session.at("run: market:F|eed"))
        found = await session.client.text_document_definition_async(params)
        assert isinstance(found, types.Location)
        assert found.uri == (tmp_path / "market.py").as_uri()
        assert found.range.start.line == 3

    play(tmp_path, scene)


def test_references_and_rename_reach_every_place(tmp_path: Path) -> None:
    async def scene(session: Editor) -> None:
        document, position = session.at('["fe|ed.ticks"]')
        context = types.ReferenceContext(include_declaration=True)
        places = await session.client.text_document_references_async(
            types.ReferenceParams(context, document, position)
        )
        assert places is not None
        assert session.words([p.range for p in places]) == ["feed"] * 4
        renamed = await session.client.text_document_rename_async(
            types.RenameParams(text_document=document, position=position, new_name="source")
        )
        assert renamed is not None
        assert renamed.changes is not None
        text = apply(session.text, renamed.changes[session.uri])
        assert "feed" not in text
        session.change(text)
        hover = await session.client.text_document_hover_async(
            types.HoverParams(*session.at('["so|urce.ticks"]'))
        )
        assert hover is not None  # it is known under the new name
        assert session.shown[session.uri] == []
        with pytest.raises(JsonRpcException, match="is not a node's name"):
            await session.client.text_document_rename_async(
                types.RenameParams(text_document=document, position=position, new_name="a b")
            )

    play(tmp_path, scene)


def test_hover_on_a_socket_names_its_peers(tmp_path: Path) -> None:
    async def scene(session: Editor) -> None:
        hover = await session.client.text_document_hover_async(
            types.HoverParams(*session.at('["feed.ti|cks"]'))
        )
        assert hover is not None
        assert isinstance(hover.contents, types.MarkupContent)
        assert "**feed.ticks**: PUB" in hover.contents.value
        assert "`strategy.ticks` (SUB)" in hover.contents.value
        assert hover.range is not None
        assert session.words([hover.range]) == ["ticks"]

    play(tmp_path, scene)


def test_completion_while_the_line_is_no_yaml_yet(tmp_path: Path) -> None:
    async def labels(session: Editor, before: str) -> list[str]:
        found = await session.client.text_document_completion_async(
            types.CompletionParams(*session.at(before))
        )
        assert isinstance(found, types.CompletionList)
        ordered = sorted(found.items, key=lambda item: item.sort_text or "")
        return [item.label for item in ordered]

    async def scene(session: Editor) -> None:
        session.change(TEXT + "  late:\n    sockets:\n      in: {type: SUB, connect: fe\n")
        assert (await labels(session, "      in: {type: SUB, connect: fe|"))[0] == "feed.ticks"
        session.change(TEXT + "  late:\n    depends_on: [\n")
        assert await labels(session, "    depends_on: [|\n") == ["feed", "strategy"]
        session.change(TEXT + '  late:\n    command: [x, "${{ nodes.')
        assert "nodes.feed.sockets.ticks.address" in await labels(session, 'command: [x, "${{ nodes.|')

    play(tmp_path, scene)


def test_a_quick_fix_ends_its_finding(tmp_path: Path) -> None:
    async def scene(session: Editor) -> None:
        (found,) = session.shown[session.uri]
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(session.uri), found.range, types.CodeActionContext([found])
        )
        actions = await session.client.text_document_code_action_async(params)
        assert actions
        (action,) = actions
        assert isinstance(action, types.CodeAction)
        assert action.edit is not None
        assert action.edit.changes is not None
        session.change(apply(session.text, action.edit.changes[session.uri]))
        await session.until(lambda: session.shown[session.uri] == [])

    play(tmp_path, scene, TEXT.replace('["feed.ticks"]', '["fed.ticks"]'))


def test_outline_nests_sockets_below_their_nodes(tmp_path: Path) -> None:
    async def scene(session: Editor) -> None:
        document = types.TextDocumentIdentifier(session.uri)
        found = await session.client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
        assert found
        tree = {
            s.name: [c.name for c in s.children or ()] for s in found if isinstance(s, types.DocumentSymbol)
        }
        assert tree == {"Tick": [], "exchange": [], "feed": ["raw", "ticks"], "strategy": ["ticks"]}

    play(tmp_path, scene)


def test_settings_and_ignore_comments_hold_as_they_do_on_the_command_line(tmp_path: Path) -> None:
    wrong = TEXT.replace("type: SUB\n", "type: PULL\n").replace('        subscribe: [""]\n', "")

    async def scene(session: Editor) -> None:
        (found,) = session.shown[session.uri]
        assert (found.code, found.severity) == ("ZMQ101", types.DiagnosticSeverity.Error)
        lines = session.text.split("\n")
        lines[found.range.start.line] += "  # orchestrator: ignore[ZMQ101] a test"
        session.change("\n".join(lines))
        await session.until(lambda: session.shown[session.uri] == [])
        (tmp_path / "orchestrator.toml").write_text('ignore = ["ZMQ101"]\n')
        session.change(wrong + "\n")
        await session.until(lambda: session.checks >= 3)
        assert session.shown[session.uri] == []
        (tmp_path / "orchestrator.toml").write_text('ignroe = ["ZMQ101"]\n')
        session.change(wrong)
        await session.until(lambda: session.shown[session.uri] != [])
        await session.until(lambda: bool(session.told))
        assert "ignroe" in session.told[0]

    play(tmp_path, scene, wrong)


def test_other_yaml_files_are_left_alone(tmp_path: Path) -> None:
    async def scene(session: Editor) -> None:
        assert session.shown[session.uri] == []
        hover = await session.client.text_document_hover_async(types.HoverParams(*session.at("sp|ec:")))
        assert hover is None

    play(tmp_path, scene, "apiVersion: v1\nkind: Pod\nspec: {containers: []}\n")


def test_findings_of_an_included_file_are_shown_there(tmp_path: Path) -> None:
    part = tmp_path / "part.yaml"
    part.write_text(
        "nodes:\n  extra:\n    command: x\n    sockets:\n      in: {type: SUB, connect: feed.ticks}\n"
    )

    async def scene(session: Editor) -> None:
        await session.until(lambda: bool(session.shown.get(part.as_uri())))
        assert [d.code for d in session.shown[part.as_uri()]] == ["ZMQ104"]
        document = types.TextDocumentIdentifier(session.uri)
        session.client.text_document_did_close(types.DidCloseTextDocumentParams(document))
        await session.until(lambda: session.shown[part.as_uri()] == [])

    play(tmp_path, scene, TEXT.replace("messages:", "include: [part.yaml]\nmessages:", 1))


def apply(text: str, edits: list[types.TextEdit]) -> str:
    """What an editor makes of edits; positions in UTF-16 units."""
    lines = text.split("\n")
    for edit in sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True):
        start, end = edit.range.start, edit.range.end
        assert start.line == end.line
        line = lines[start.line].encode("utf-16-le")
        head, tail = line[: 2 * start.character], line[2 * end.character :]
        lines[start.line] = (head + edit.new_text.encode("utf-16-le") + tail).decode("utf-16-le")
    return "\n".join(lines)
