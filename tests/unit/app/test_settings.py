"""Settings: where they are found, what they say, and where a mistake in them stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.app.policy import Overrides, Policies
from orchestrator.app.settings import find, read
from orchestrator.app.toml_places import place
from orchestrator.diagnostics import Severity
from orchestrator.errors import UsageError

WHOLE = """\
select = ["ZMQ1"]
extend-select = ["ZMQ201"]
ignore = ["slow-joiner"]
fail-on = "warning"
baseline = "known.json"

[severity]
ZMQ2 = "note"

[per-file-ignores]
"dev/*" = ["ZMQ132"]
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mistake(text: str, name: str = "orchestrator.toml") -> str:
    Path(name).write_text(text)
    with pytest.raises(UsageError) as caught:
        Policies().of("topology.yaml")
    return f"{caught.value.message} ({caught.value.remedy})"


def test_all_settings(project: Path) -> None:
    (project / "orchestrator.toml").write_text(WHOLE)
    settings = read("orchestrator.toml")
    assert settings.select == ("ZMQ1",)
    assert settings.extend_select == ("ZMQ201",)
    assert settings.ignore == ("slow-joiner",)
    assert settings.fail_on == "warning"
    assert settings.baseline == "known.json"
    assert settings.severity == {"ZMQ2": Severity.NOTE}
    assert settings.per_file_ignores == {"dev/*": ("ZMQ132",)}


def test_the_same_in_pyproject(project: Path) -> None:
    (project / "sub").mkdir()
    head, _, tables = WHOLE.partition("\n\n")
    tables = tables.replace("[severity]", "[tool.orchestrator.severity]")
    tables = tables.replace("[per-file", "[tool.orchestrator.per-file")
    (project / "sub" / "pyproject.toml").write_text(
        f"[project]\nname='x'\n[tool.orchestrator]\n{head}\n{tables}"
    )
    (project / "sub" / "orchestrator.toml").write_text(WHOLE)
    ours, shared = read("sub/orchestrator.toml"), read("sub/pyproject.toml")
    for key in ("select", "extend_select", "ignore", "fail_on", "baseline", "severity", "per_file_ignores"):
        assert getattr(ours, key) == getattr(shared, key)
    assert ours.baseline == "sub/known.json"


def test_the_nearest_file_upwards_counts(project: Path) -> None:
    deep = project / "a" / "b"
    deep.mkdir(parents=True)
    (project / "orchestrator.toml").write_text("")
    assert find(str(deep)) == str(project / "orchestrator.toml")
    (project / "a" / "pyproject.toml").write_text("[project]\nname = 'orchestrator'\n")
    assert find(str(deep)) == str(project / "orchestrator.toml"), "a table of ours is what counts"
    (project / "a" / "pyproject.toml").write_text("[tool.orchestrator]\n")
    assert find(str(deep)) == str(project / "a" / "pyproject.toml")
    (project / "a" / "orchestrator.toml").write_text("")
    assert find(str(deep)) == str(project / "a" / "orchestrator.toml")


def test_a_broken_pyproject_of_others_is_none_of_ours(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.other]\nx = orchestrator")
    assert find(str(project)) != str(project / "pyproject.toml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\nselct = []\n", "orchestrator.toml:2:1: there is no setting `selct` (did you mean `select`?)"),
        (
            "fail-on = 'all'",
            "orchestrator.toml:1:1: `fail-on` can't be 'all' (write error, warning, note, never)",
        ),
        ("select = 'ZMQ1'", "orchestrator.toml:1:1: `select` must be a list of codes"),
        ("ignore = [1]", "orchestrator.toml:1:1: `ignore` must be a list of codes"),
        ("baseline = 3", "orchestrator.toml:1:1: `baseline` must be the name of a file"),
        ("severity = 3", "orchestrator.toml:1:1: `severity` must be a table"),
        ("[severity]\nZMQ131 = 'off'", "orchestrator.toml:2:1: there is no severity 'off'"),
        ("severity = {ZMQ131 = 'off'}", "orchestrator.toml:1:13: there is no severity 'off'"),
        ("per-file-ignores = []", "orchestrator.toml:1:1: `per-file-ignores` must be a table"),
        ("[per-file-ignores]\n'a*' = 'ZMQ1'", "orchestrator.toml:2:1: `a*` must be a list of codes"),
        (
            "ignore = [\n  'ZMQ131',\n  'slow-joyner',\n]",
            "orchestrator.toml:3:4: there is no rule 'slow-joyner' (did you mean slow-joiner?",
        ),
        ("select = ['ZMQ999']", "orchestrator.toml:1:12: there is no rule 'ZMQ999'"),
        ("ignore = ['ZMQ030']", "orchestrator.toml:1:12: ZMQ030 can't be ignored"),
        ("ignore = ['ZMQ03']", "ZMQ03 can't be ignored"),
        ("severity = {ZMQ003 = 'note'}", "ZMQ003 can't be made less than errors"),
        ("[per-file-ignores]\n'*' = ['ZMQ03']", "orchestrator.toml:2:9: ZMQ03 can't be ignored"),
        ("select = [", "orchestrator.toml: "),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, told: str) -> None:
    assert told in mistake(text)


def test_a_mistake_in_pyproject_is_told_with_its_place() -> None:
    text = "[project]\nname = 'x'\n\n[tool.orchestrator]\nselect = ['ZMQ1']\nfail_on = 'never'\n"
    assert mistake(text, "pyproject.toml").startswith(
        "pyproject.toml:6:1: there is no setting `fail_on` (did you mean `fail-on`?)"
    )


def test_settings_that_are_not_there_or_not_text(project: Path) -> None:
    with pytest.raises(UsageError, match=r"no\.toml can't be read: No such file"):
        Policies(Overrides(config="no.toml")).of("topology.yaml")
    (project / "orchestrator.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="is not UTF-8"):
        Policies().of("topology.yaml")


def test_a_named_file_counts_for_all_and_none_when_isolated(project: Path) -> None:
    (project / "orchestrator.toml").write_text("fail-on = 'never'")
    (project / "other.toml").write_text("[tool.orchestrator]\nfail-on = 'note'")
    assert Policies().of("topology.yaml").fail_on is None
    assert Policies(Overrides(config="other.toml")).of("topology.yaml").fail_on is Severity.NOTE
    assert Policies(Overrides(isolated=True)).of("topology.yaml").fail_on is Severity.ERROR
    assert Policies().of("<stdin>").fail_on is None, "standard input stands in the current directory"


def test_the_command_line_is_stronger(project: Path) -> None:
    (project / "orchestrator.toml").write_text(WHOLE)
    plain = Policies().of("t.yaml")
    assert (plain.wants("ZMQ131"), plain.wants("ZMQ132"), plain.wants("ZMQ301")) == (False, True, False)
    ours = Policies(Overrides(select=("ZMQ131",), fail_on="never", baseline="mine.json")).of("t.yaml")
    assert (ours.wants("ZMQ131"), ours.wants("ZMQ132")) == (True, False)
    assert ours.fail_on is None
    assert ours.baseline == "mine.json"


@pytest.mark.parametrize(
    ("path", "word", "found"),
    [
        (("a",), None, (1, 1)),
        (("tool", "x", "key"), None, (4, 3)),
        (("tool", "x", "deep", "er"), None, (5, 1)),
        (("tool", "x", "list"), "two", (8, 4)),
        (("tool", "x", "inline", "inner"), None, (10, 11)),
        (("tool", "x", "sub", "quoted key"), None, (13, 1)),
        (("tool", "x", "absent"), None, (3, 2)),
        (("nothing",), None, (1, 1)),
    ],
)
def test_places_in_toml(path: tuple[str, ...], word: str | None, found: tuple[int, int]) -> None:
    text = (
        "a = 1\n\n[tool.x]\n  key = 2\ndeep.er = 3\nlist = [\n  'one',\n  'two',\n]\n"
        "inline = {inner = 1}\n# [tool.y]\n[tool.x.sub]\n'quoted key' = 4\n"
    )
    assert place(text, path, word) == found
