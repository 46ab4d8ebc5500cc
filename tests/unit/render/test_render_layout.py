"""What is tried when Graphviz fails, with a Graphviz that fails as it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from orchestrator.errors import PlatformError, RunError
from orchestrator.render.dot import FULL, Detail
from orchestrator.render.formats import Format
from orchestrator.render.layout import ATTEMPTS, lay_out, resolution
from orchestrator.render.programs import Drawing, NoDrawing, Program, Trouble

NODES, EDGES = 3, 2
GOOD = Drawing(data=b"picture", nodes=NODES, edges=EDGES)
PROBED = Drawing(data=b"", nodes=2, edges=1)
CRASH = NoDrawing(trouble=Trouble.FAILED, reason="crashed (SIGSEGV)")
SLOW = NoDrawing(trouble=Trouble.TIMEOUT, reason="gave no drawing within 20 s")
ABSENT = NoDrawing(trouble=Trouble.UNAVAILABLE, reason="not here")


@dataclass
class FakeGraphviz:
    """Answers by `judge(program, document)`; a probe is drawn unless `dead` names the program."""

    judge: Callable[[Program, str], Drawing | NoDrawing]
    dead: frozenset[Program] = frozenset()
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __call__(
        self, program: Program, dot: str, *, layout: str, wanted: str, timeout_s: float
    ) -> Drawing | NoDrawing:
        if dot.startswith("digraph { a -> b }"):
            self.asked.append((program.name, "probe"))
            return CRASH if program in self.dead else PROBED
        self.asked.append((program.name, dot))
        return self.judge(program, dot)


def name(detail: Detail, dpi: int | None) -> str:
    if dpi is not None:
        return f"{dpi} dpi"
    return str(ATTEMPTS.index(next(a for a in ATTEMPTS if a[0] == detail)))


def laid(fake: FakeGraphviz, edges: int = EDGES) -> Detail:
    return lay_out(name, Format.SVG, nodes=NODES, edges=edges, run=fake).detail


def test_the_bundled_program_draws_everything() -> None:
    fake = FakeGraphviz(lambda program, dot: GOOD)
    assert laid(fake) == FULL
    assert fake.asked == [("BUNDLED", "0")]


def test_without_the_bundled_program_the_systems_is_asked() -> None:
    fake = FakeGraphviz(lambda program, dot: ABSENT if program is Program.BUNDLED else GOOD)
    assert laid(fake) == FULL
    assert fake.asked == [("BUNDLED", "0"), ("SYSTEM", "0")]


def test_a_crash_is_tried_with_the_other_program_then_with_less() -> None:
    fake = FakeGraphviz(lambda program, dot: CRASH if dot == "0" else GOOD)
    assert laid(fake) == ATTEMPTS[1][0]
    assert fake.asked == [
        ("BUNDLED", "0"),
        ("BUNDLED", "probe"),
        ("SYSTEM", "0"),
        ("SYSTEM", "probe"),
        ("BUNDLED", "1"),
    ]


def test_a_timeout_asks_for_less_at_once() -> None:
    fake = FakeGraphviz(lambda program, dot: SLOW if dot == "0" else GOOD)
    laid(fake)
    assert fake.asked == [("BUNDLED", "0"), ("BUNDLED", "probe"), ("BUNDLED", "1")]


def test_a_program_that_draws_nothing_at_all_is_not_asked_again() -> None:
    dead = frozenset({Program.BUNDLED})
    fake = FakeGraphviz(lambda program, dot: SLOW if program is Program.BUNDLED or dot < "2" else GOOD, dead)
    laid(fake)
    assert [program for program, _ in fake.asked].count("BUNDLED") == 2


def test_a_drawing_with_an_edge_missing_is_none() -> None:
    short = Drawing(data=b"", nodes=NODES, edges=EDGES - 1)
    fake = FakeGraphviz(lambda program, dot: short if dot < "3" else GOOD)
    assert laid(fake) == ATTEMPTS[3][0]


def test_the_last_attempt_leaves_nothing_that_can_fail() -> None:
    last = ATTEMPTS[-1][0]
    assert not (last.clusters or last.edge_labels or last.ports)


def test_edge_labels_are_left_out_where_nobody_could_read_them() -> None:
    many = Drawing(data=b"", nodes=NODES, edges=501)
    fake = FakeGraphviz(lambda program, dot: many)
    assert laid(fake, edges=500) == FULL
    assert laid(fake, edges=501) == ATTEMPTS[1][0]


def test_without_any_graphviz_the_error_names_what_to_install() -> None:
    fake = FakeGraphviz(lambda program, dot: ABSENT)
    with pytest.raises(PlatformError) as error:
        laid(fake)
    assert error.value.exit_code == 2
    assert "no Graphviz here can draw svg" in error.value.message
    for words in ("pip install pygraphviz", "apt install graphviz", "dnf install graphviz"):
        assert words in str(error.value.remedy)
    for words in ("brew install graphviz", "winget install graphviz", "dot and mmd need none"):
        assert words in str(error.value.remedy)
    assert len(fake.asked) == 2


def test_where_every_attempt_fails_each_reason_is_told_once() -> None:
    fake = FakeGraphviz(lambda program, dot: CRASH)
    with pytest.raises(RunError) as error:
        laid(fake)
    assert error.value.message.count("crashed (SIGSEGV)") == 2
    assert "dot or mmd" in str(error.value.remedy)


def svg(width: int, height: int) -> bytes:
    return f'<svg width="{width}pt" height="{height}pt"'.encode()


def test_pixels_are_drawn_after_the_svg_was_counted() -> None:
    counted = Drawing(data=svg(500, 400), nodes=NODES, edges=EDGES)
    pixels = Drawing(data=b"pixels", nodes=0, edges=0, fonts=False)
    fake = FakeGraphviz(lambda program, dot: pixels if "dpi" in dot else counted)
    result = lay_out(name, Format.PNG, nodes=NODES, edges=EDGES, run=fake)
    assert (result.data, result.fonts) == (b"pixels", False)
    assert fake.asked == [("BUNDLED", "0"), ("BUNDLED", "144 dpi")]


def test_a_program_without_the_format_leaves_it_to_the_other() -> None:
    counted = Drawing(data=svg(500, 400), nodes=NODES, edges=EDGES)

    def judge(program: Program, dot: str) -> Drawing | NoDrawing:
        return ABSENT if program is Program.BUNDLED and "dpi" in dot else counted

    fake = FakeGraphviz(judge)
    lay_out(name, Format.PNG, nodes=NODES, edges=EDGES, run=fake)
    assert fake.asked == [("BUNDLED", "0"), ("BUNDLED", "144 dpi"), ("SYSTEM", "0"), ("SYSTEM", "144 dpi")]


@pytest.mark.parametrize(
    ("width", "height", "dpi"), [(500, 400, 144), (2690, 3943, 144), (4200, 14794, 70), (7484, 42918, 60)]
)
def test_big_pictures_have_fewer_pixels_per_inch(width: int, height: int, dpi: int) -> None:
    assert resolution(svg(width, height)) == dpi
