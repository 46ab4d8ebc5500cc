"""From a picture to a Mermaid flowchart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from orchestrator.render.draw import draw_picture
from orchestrator.render.formats import Format
from orchestrator.render.mermaid import to_mermaid
from orchestrator.render.picture import Picture


def test_the_whole_chart(market: Picture) -> None:
    assert to_mermaid(market).splitlines()[:19] == [
        "---",
        'title: "test"',
        "---",
        "flowchart LR",
        '  %% Ticks fan out to <strategies> & "orders" come back.',
        '  n0["<b>feed</b><br/><small>market.feed:Feed</small><br/>○ SUB raw<br/>'
        '● PUB ticks <small>:5556</small>"]:::python',
        '  subgraph g0["process fast"]',
        '    n1["<b>strategy</b> ×3<br/><small>market.strategy:Strategy</small><br/>○ SUB ticks<br/>'
        '○ PUSH orders<br/>○ REQ ask"]:::python',
        '    n2["<b>risk</b><br/><small>use queue</small>"]:::stock',
        "  end",
        '  n3["<b>gateway</b> <i>task</i><br/>'
        "<small>#36; ./gateway --listen #36;{{ sockets.orders.add…</small>"
        "<br/>● PULL orders <small>*:5557</small><br/>● REP state <small>auto</small>"
        '<br/>○ DEALER lost"]:::foreign',
        '  e0{{"PUB <b>exchange</b><br/><small>10.0.0.5:9000</small>"}}:::external',
        '  e1{{"<b>10.1.2.3:9</b><br/><small>nobody binds it here</small>"}}:::stray',
        '  e0 -->|"raw"| n0',
        '  n0 -->|"ticks<br/>Tick · msgpack<br/>AAPL"| n1',
        '  n1 -->|"orders<br/>Order · json"| n3',
        '  n1 <-->|"ask → state"| n3',
        '  n3 <-->|"lost"| e1',
        '  subgraph legend["Legend"]',
    ]


def test_links_have_the_colour_of_their_family(market: Picture) -> None:
    styles = [line.strip() for line in to_mermaid(market).splitlines() if "linkStyle" in line]
    assert [style.split()[1] for style in styles] == ["0,1", "2", "3", "4"]
    assert len({style.split("stroke:")[1][:7] for style in styles}) == 4


def test_a_users_words_become_references(picture: Callable[[str], Picture]) -> None:
    chart = to_mermaid(
        picture("""nodes: {a: {command: ['a"b', '<i>', '`x`', '#35;', 'a;b', '\\N', '$$x$$']}}""")
    )
    words = chart.split("<small>")[1].split("</small>")[0]
    assert not set('"<>`\\$').intersection(words)
    assert "#34;b" in words and "#60;i#62;" in words and "#96;x#96;" in words
    assert "#35;35#59;" in words


def test_a_description_is_one_comment_line(picture: Callable[[str], Picture]) -> None:
    chart = to_mermaid(picture('description: "one\\nA --> B"\nnodes: {a: {run: m:A}}'))
    assert "  %% one A --> B\n" in chart


def test_what_github_cannot_draw_is_folded_and_told(picture: Callable[[str], Picture]) -> None:
    few = picture(_fan(150))
    assert draw_picture(few, Format.MERMAID).notes == ()
    many = draw_picture(picture(_fan(501)), Format.MERMAID)
    assert many.notes == ("502 nodes, folded by name",)
    assert many.data.count(b"-->") == 1
    assert b"%% 502 nodes, folded by name" in many.data


def test_what_cannot_be_folded_enough_is_told_with_its_size(picture: Callable[[str], Picture]) -> None:
    words = ["alpha", "beta", "gamma", "delta", "eps", "zeta", "eta", "theta", "iota", "kappa"]
    lines = ["nodes:"]
    for one in words:
        peers = "".join(f" s{n}: {{type: PAIR, bind: auto}}," for n in range(60))
        lines.append(f"  {one}: {{run: m:{one.title()}, sockets: {{{peers.strip(' ,')}}}}}")
    crowd = picture("\n".join(lines) + _crowd(words))
    (told,) = draw_picture(crowd, Format.MERMAID).notes
    assert "600 links" in told
    assert "GitHub shows an error beyond 500 and 50,000" in told


def _crowd(words: list[str]) -> str:
    found = []
    for one in words:
        peers = ", ".join(f"t{n}: {{type: PAIR, connect: {one}.s{n}}}" for n in range(60))
        found.append(f"\n  to-{one}: {{command: [{one}], sockets: {{{peers}}}}}")
    return "".join(found)


def _fan(width: int) -> str:
    lines = ["nodes:", "  a: {run: m:A, sockets: {out: {type: PUB, bind: auto}}}"]
    lines += [
        f"  b{i}: {{run: m:B, sockets: {{in: {{type: SUB, connect: a.out, subscribe: ['']}}}}}}"
        for i in range(width)
    ]
    return "\n".join(lines)


def test_a_description_gives_no_directives(market: Picture) -> None:
    chart = to_mermaid(replace(market, description='a %%{init: {"theme": "dark"}}%% b'))
    assert "%%{" not in chart
    assert '  %% a % % {init: {"theme": "dark"}}% % b' in chart
