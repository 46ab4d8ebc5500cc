"""The schema in the language server that most editors use for YAML: npm's yaml-language-server."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from lsp_support import Editor, editor
from lsprotocol import types

from orchestrator.spec.schema import schema_text

pytestmark = pytest.mark.integration

TEXT = """\
# yaml-language-server: $schema=topology.schema.json
version: 1
name: market
nodes:
  feed:
    command: ./feed
    restart: on-failure
    sockets:
      ticks: {type: PUB, bind: auto}
"""


def _command() -> tuple[str, ...]:
    node = shutil.which("node")
    modules = [Path(p) for p in os.environ.get("NODE_PATH", "").split(os.pathsep) if p]
    found = [p / "yaml-language-server/bin/yaml-language-server" for p in modules]
    server = next((p for p in found if p.exists()), None)
    if node is None or server is None:
        pytest.skip("no Node.js, or NODE_PATH names no directory with npm's yaml-language-server")
    return (node, str(server), "--stdio")


def play(tmp_path: Path, scene: Callable[[Editor], Awaitable[None]], text: str = TEXT) -> None:
    command = _command()
    (tmp_path / "topology.schema.json").write_text(schema_text())
    yaml = {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}

    async def run() -> None:
        async with editor(tmp_path / "topology.yaml", text, command, {"yaml": yaml}) as session:
            await scene(session)

    asyncio.run(run())


async def completions(session: Editor, before: str) -> dict[str, types.CompletionItem]:
    found = await session.client.text_document_completion_async(types.CompletionParams(*session.at(before)))
    assert found is not None
    items = found.items if isinstance(found, types.CompletionList) else found
    return {item.label: item for item in items}


def test_a_good_file_has_no_findings_and_a_misspelt_key_has_one(tmp_path: Path) -> None:
    async def scene(session: Editor) -> None:
        assert session.shown[session.uri] == []
        session.change(TEXT.replace("restart: on-failure", "restrat: on-failure"))
        await session.until(lambda: session.shown[session.uri] != [])
        (found,) = session.shown[session.uri]
        assert session.words([found.range]) == ["restrat"]

    play(tmp_path, scene)


def test_keys_are_completed_and_explained(tmp_path: Path) -> None:
    async def scene(session: Editor) -> None:
        session.change(TEXT.replace("    restart: on-failure\n", "    re\n"))
        found = await completions(session, "    re|\n")
        assert {"restart", "replicas", "ready"} <= found.keys()
        documentation = found["replicas"].documentation
        assert documentation is not None
        words = documentation if isinstance(documentation, str) else documentation.value
        assert "copies" in words

    play(tmp_path, scene)


def test_values_are_completed(tmp_path: Path) -> None:
    async def scene(session: Editor) -> None:
        session.change(TEXT.replace("{type: PUB, bind: auto}", "\n        type: \n"))
        found = await completions(session, "        type: |\n")
        assert {"PUB", "SUB", "ROUTER", "XSUB"} <= found.keys()

    play(tmp_path, scene)


def test_hover_explains_a_key(tmp_path: Path) -> None:
    async def scene(session: Editor) -> None:
        hover = await session.client.text_document_hover_async(
            types.HoverParams(*session.at("    rest|art:"))
        )
        assert hover is not None
        assert isinstance(hover.contents, types.MarkupContent)
        assert "restart" in hover.contents.value.lower()

    play(tmp_path, scene)


def test_snippets_and_the_meaning_of_choices_are_offered(tmp_path: Path) -> None:
    async def scene(session: Editor) -> None:
        session.change(TEXT.replace("{type: PUB, bind: auto}", "\n        \n"))
        found = await completions(session, "ticks: \n        |\n")
        assert found["SUB"].insert_text_format == types.InsertTextFormat.Snippet
        session.change(TEXT.replace("{type: PUB, bind: auto}", "\n        type: PUB\n        bind: auto\n"))
        hover = await session.client.text_document_hover_async(types.HoverParams(*session.at("type: P|UB")))
        assert hover is not None
        assert isinstance(hover.contents, types.MarkupContent)
        assert "every subscriber that asked" in hover.contents.value

    play(tmp_path, scene)
