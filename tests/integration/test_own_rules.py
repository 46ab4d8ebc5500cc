"""Rules of one's own, as their authors use them: files, settings, packages, policies, each verb that checks."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lsp_support import editor

from orchestrator.diagnostics.formats import FORMATS

SHOP = """\
version: 1
name: shop
nodes:
  feed:
    command: [sleep, "0"]
    kind: task
    labels: {team: data}
    sockets:
      out: {type: PUSH, bind: "tcp://127.0.0.1:5601"}
  desk:
    command: [sleep, "0"]
    kind: task
    sockets:
      in: {type: PULL, connect: feed.out}
"""
RULES = '''\
from helper import has_team
from orchestrator.rules.own import Topology, finding, links, rule

print("loaded")


@rule("SHOP1", "a node without a team", severity="error")
def no_team(topology: Topology):
    """Somebody has to be called at night."""
    print("running")
    for node in topology.nodes.values():
        if not has_team(node):
            yield finding(node, f"`{node.name}` has no team", remedy="add a label")


@rule("SHOP2", "a link in clear", severity="note")
def in_clear(topology: Topology):
    return [finding(link, f"{link.address} is in clear") for link in links(topology)]
'''
HELPER = 'def has_team(node):\n    return "team" in node.labels\n'
POLICIES = """\
- code: SHOP11
  name: ports-of-ours
  select: sockets
  where: len(socket.binds) > 0
  assert: matches(socket.binds[0].text, ":5[5-6][0-9]{2}$")
  message: "`{socket.ref}` of `{node.name}` binds elsewhere"
- code: SHOP12
  select: topology
  assert: topology.description != null
  message: "`{topology.name}` says nothing about itself"
  remedy: "write `description:`"
"""
ALL = ["SHOP1 error 10:3", "SHOP12 warning 2:7", "SHOP2 note 14:33"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose settings name rules and policies in a directory below."""
    (tmp_path / "checks").mkdir()
    (tmp_path / "shop.yaml").write_text(SHOP)
    (tmp_path / "checks" / "rules.py").write_text(RULES)
    (tmp_path / "checks" / "helper.py").write_text(HELPER)
    (tmp_path / "checks" / "policies.yaml").write_text(POLICIES)
    settings(tmp_path)
    return tmp_path


def settings(project: Path, more: str = "") -> None:
    (project / "pyproject.toml").write_text(
        f'[tool.orchestrator]\nrules = ["checks/rules.py"]\npolicies = ["checks/policies.yaml"]\n{more}'
    )


def run(
    project: Path, *words: str, path: Path | None = None, text: str | None = None
) -> subprocess.CompletedProcess[str]:
    """The program itself; `path` is where further packages are installed."""
    environ = {name: value for name, value in os.environ.items() if name != "GITHUB_ACTIONS"}
    environ["XDG_RUNTIME_DIR"] = str(project)
    if path is not None:
        environ["PYTHONPATH"] = str(path)
    return subprocess.run(
        [sys.executable, "-m", "orchestrator", *words],
        cwd=project,
        env=environ,
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def found(project: Path, *words: str, path: Path | None = None, code: int | None = None) -> list[str]:
    """`CODE severity line:column` of each finding of `validate`."""
    done = run(project, "validate", "shop.yaml", "-f", "jsonl", *words, path=path)
    assert done.returncode in ((0, 1) if code is None else (code,)), done.stderr
    lines = map(json.loads, done.stdout.splitlines())
    return sorted(
        f"{line['code']} {line['severity']} {line['start']['line']}:{line['start']['column']}"
        for line in lines
    )


# ---------------------------------------------------------------------- where rules come from


def test_settings_name_rules_and_policies(project: Path) -> None:
    assert found(project, code=1) == ALL


def test_paths_of_settings_start_at_the_settings(project: Path) -> None:
    (project / "deep").mkdir()
    (project / "shop.yaml").rename(project / "deep" / "shop.yaml")
    done = run(project / "deep", "validate", "shop.yaml", "-f", "concise", "-q")
    assert [line.rpartition(" ")[2] for line in done.stdout.splitlines()] == [
        "[SHOP12]",
        "[SHOP1]",
        "[SHOP2]",
    ]


def test_the_command_line_names_more(project: Path) -> None:
    (project / "pyproject.toml").unlink()
    assert found(project) == []
    assert found(project, "--rules", "checks/rules.py") == [ALL[0], ALL[2]]
    assert found(project, "--policy", "checks/policies.yaml") == [ALL[1]]
    assert found(project, "--rules", "checks/rules.py", "--policy", "checks/policies.yaml") == ALL


def test_isolated_leaves_those_of_settings_out(project: Path) -> None:
    assert found(project, "--isolated", code=0) == []
    assert found(project, "--isolated", "--policy", "checks/policies.yaml", code=0) == [ALL[1]]


def test_what_rules_print_does_not_get_among_the_findings(project: Path) -> None:
    done = run(project, "validate", "shop.yaml", "-f", "json")
    assert json.loads(done.stdout)
    assert done.stderr == "loaded\nrunning\n"


def test_a_file_that_is_named_twice_is_run_once(project: Path) -> None:
    done = run(project, "validate", "shop.yaml", "-q", "--rules", "./checks/../checks/rules.py")
    assert done.returncode == 1
    assert done.stderr == "loaded\nrunning\n"


def test_errors_of_reading_do_not_hide_what_rules_find(project: Path) -> None:
    (project / "shop.yaml").write_text(SHOP.replace("type: PULL", "tipe: PULL"))
    assert [line.split()[0] for line in found(project)] == ["SHOP1", "SHOP12", "SHOP2", "ZMQ030"]


# ---------------------------------------------------------------------- packages


def install(site: Path, value: str, code: str, name: str = "shop") -> None:
    """A package as pip leaves it behind."""
    info = site / f"{name}_rules-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-rules\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[orchestrator.rules]\n{name} = {value}\n")
    (site / f"{name}_rules.py").write_text(code)


PACKAGED = RULES.replace("from helper import has_team", "has_team = lambda node: False").replace(
    "SHOP", "PACK"
)


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        ("shop_rules", ["PACK1", "PACK1", "PACK2"]),
        ("shop_rules:in_clear", ["PACK2"]),
        ("shop_rules:SOME", ["PACK1", "PACK1"]),
    ],
)
def test_rules_of_an_installed_package(value: str, codes: list[str], project: Path, tmp_path: Path) -> None:
    (project / "pyproject.toml").unlink()
    install(tmp_path / "site", value, f"{PACKAGED}\nSOME = [no_team]\n")
    told = found(project, path=tmp_path / "site")
    assert [line.split()[0] for line in told] == codes
    assert found(project, "--isolated", path=tmp_path / "site") == []
    page = run(project, "explain", codes[0], path=tmp_path / "site").stdout
    assert page.startswith(f"# {codes[0]}: ")


@pytest.mark.parametrize(
    ("value", "code", "told"),
    [
        (
            "shop_rules",
            "import nothing_of_the_kind",
            "ModuleNotFoundError: No module named 'nothing_of_the_kind'",
        ),
        ("shop_rules", "1/0", "ZeroDivisionError: division by zero"),
        ("shop_rules:missing", "", "AttributeError: module 'shop_rules' has no attribute 'missing'"),
        ("shop_rules", "x = 1", "names no module with rules, no rule and no list of them"),
        ("shop_rules:x", "x = [1]", "names no module with rules, no rule and no list of them"),
    ],
)
def test_a_broken_package_is_named(value: str, code: str, told: str, project: Path, tmp_path: Path) -> None:
    install(tmp_path / "site", value, code)
    done = run(project, "validate", "shop.yaml", path=tmp_path / "site")
    assert done.returncode == 2
    assert f"the package shop-rules 1.2 (entry point shop = {value})" in done.stderr
    assert told in done.stderr
    assert "--isolated" in done.stderr
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------------- the same pipeline


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["--select", "SHOP1"], [ALL[0]]),
        (["--select", "SHOP"], ALL),
        (["--select", "no-team,SHOP12"], ALL[:2]),
        (["--select", "ZMQ1"], []),
        (["--ignore", "SHOP"], []),
        (["--ignore", "in-clear", "--ignore", "shop12"], ALL[:1]),
        (
            ["--severity", "SHOP1=note", "--severity", "SHOP12=error"],
            ["SHOP1 note 10:3", "SHOP12 error 2:7", ALL[2]],
        ),
    ],
)
def test_selection_and_severity(words: list[str], left: list[str], project: Path) -> None:
    assert found(project, *words) == left


def test_settings_speak_of_own_codes(project: Path) -> None:
    settings(
        project,
        'ignore = ["SHOP12"]\nseverity = {in-clear = "warning"}\nper-file-ignores = {"*.yaml" = ["SHOP1"]}\n',
    )
    assert found(project, code=0) == ["SHOP2 warning 14:33"]
    # in the editor and in isolation nobody can tell that there is no such rule
    settings(project, 'ignore = ["SHOP99"]\n')
    done = run(project, "validate", "shop.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pyproject.toml:4:12: there is no rule 'SHOP99'" in done.stderr


def test_ignore_comments(project: Path) -> None:
    text = SHOP.replace("  desk:\n", "  desk:  # orchestrator: ignore[SHOP1] nobody minds\n").replace(
        "name: shop\n", "name: shop  # orchestrator: ignore[ports-of-ours] no need\n"
    )
    (project / "shop.yaml").write_text(text)
    assert found(project) == [*ALL[1:], "ZMQ901 warning 2:13"]
    assert found(project, "--isolated") == ["ZMQ904 warning 2:36"]  # `SHOP1` may be a rule elsewhere


def test_baseline(project: Path) -> None:
    words = ["--baseline", "known.json"]
    done = run(project, "validate", "shop.yaml", *words, "--write-baseline")
    assert "wrote known.json: 3 findings" in done.stderr
    entries = json.loads((project / "known.json").read_text())["findings"]
    assert [entry["path"] for entry in entries] == ["nodes.desk", "", "nodes.desk.sockets.in"]
    (project / "shop.yaml").write_text(f"# moved\n\n{SHOP}")
    assert found(project, *words, code=0) == []
    # rules that were not loaded are no reason to call entries stale
    assert found(project, *words, "--isolated", code=0) == []
    (project / "shop.yaml").write_text(SHOP.replace("  desk:\n", "  desk:\n    labels: {team: x}\n"))
    assert found(project, *words) == ["ZMQ905 note 4:5"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format(name: str, project: Path) -> None:
    done = run(project, "validate", "shop.yaml", "-f", name, "-q")
    assert done.returncode == 1
    assert all(code in done.stdout for code in ("SHOP1", "SHOP2", "SHOP12"))


def test_sarif_has_the_rules_with_their_pages(project: Path) -> None:
    done = run(project, "validate", "shop.yaml", "-f", "sarif")
    [log] = json.loads(done.stdout)["runs"]
    rules = {rule["id"]: rule for rule in log["tool"]["driver"]["rules"]}
    assert rules["SHOP1"]["name"] == "no-team"
    assert rules["SHOP1"]["shortDescription"]["text"] == "a node without a team"
    assert rules["SHOP1"]["defaultConfiguration"] == {"level": "error"}
    assert "Somebody has to be called at night." in rules["SHOP1"]["help"]["markdown"]
    assert "assert: topology.description != null" in rules["SHOP12"]["help"]["markdown"]
    [result] = [result for result in log["results"] if result["ruleId"] == "SHOP2"]
    assert result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 9


def test_statistics_have_the_names(project: Path) -> None:
    done = run(project, "validate", "shop.yaml", "--statistics", "-q")
    assert "1  SHOP1   error    no-team" in done.stdout


def test_explain(project: Path) -> None:
    for word in ("SHOP1", "shop1", "no-team"):
        page = run(project, "explain", word).stdout
        assert page.startswith("# SHOP1: no-team\n\n*error*\n\na node without a team\n\nSomebody has")
        assert page.endswith("Source: checks/rules.py:7\n")
    assert "SHOP11  warning  sockets: matches(" in run(project, "explain", "--all").stdout
    assert "did you mean SHOP1 or SHOP12" in run(project, "explain", "SHOP13").stderr
    assert run(project, "explain", "SHOP1", "--isolated").returncode == 2
    done = run(project, "explain", "SHOP11", "--isolated", "--policy", "checks/policies.yaml")
    assert "where: len(socket.binds) > 0" in done.stdout


# ---------------------------------------------------------------------- the other verbs


def test_up_stops_at_an_error_of_a_rule(project: Path) -> None:
    done = run(project, "up", "shop.yaml")
    assert done.returncode == 1
    assert "error[SHOP1]: `desk` has no team" in done.stderr
    settings(project, 'ignore = ["SHOP1"]\n')
    done = run(project, "up", "shop.yaml")
    assert done.returncode == 0, done.stderr


def test_render_marks_findings(project: Path) -> None:
    done = run(project, "render", "shop.yaml", "--format", "dot", "--findings")
    assert done.returncode == 0, done.stderr
    assert "SHOP1" in done.stdout
    assert "loaded" not in done.stdout


def test_topology_load_checks_them(project: Path) -> None:
    code = "from orchestrator import Topology; print([f.code for f in Topology.load('shop.yaml').check()])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "['SHOP12', 'SHOP1', 'SHOP2']\n"


# ---------------------------------------------------------------------- the editor

LSP = [sys.executable, "-m", "orchestrator", "lsp"]


def test_the_editor_runs_policies_and_no_python(project: Path) -> None:
    (project / "checks" / "rules.py").write_text(f"open('ran', 'w')\n{RULES}")
    settings(project, 'ignore = ["SHOP2", "in-clear"]\n')
    text = SHOP.replace("  desk:\n", "  desk:  # orchestrator: ignore[SHOP1] nobody minds\n")

    async def look() -> None:
        async with editor(project / "shop.yaml", text, LSP) as session:
            assert [finding.code for finding in session.shown[session.uri]] == ["SHOP12"]
            await session.until(lambda: bool(session.told))
            assert "not run in the editor (checks/rules.py)" in session.told[0]
            assert "--own-rules" in session.told[0]

    asyncio.run(look())
    assert not (project / "ran").exists()


def test_the_editor_runs_python_when_it_is_told_to(project: Path) -> None:
    async def look() -> None:
        async with editor(project / "shop.yaml", SHOP, [*LSP, "--own-rules"]) as session:
            codes = [finding.code for finding in session.shown[session.uri]]
            assert codes == ["SHOP12", "SHOP1", "SHOP2"]
            # a rule that fails is told, and the rest of the checks goes on
            (project / "checks" / "rules.py").write_text(RULES.replace("not has_team(node)", "node.nothing"))
            session.change(
                SHOP.replace("kind: task\n    sockets:\n      in", "kond: task\n    sockets:\n      in")
            )
            await session.until(lambda: bool(session.told))
            assert "the rule SHOP1 raised AttributeError" in session.told[0]
            await session.until(lambda: [f.code for f in session.shown[session.uri]] == ["ZMQ030"])

    asyncio.run(look())


# ---------------------------------------------------------------------- what it costs


def test_nothing_is_imported_where_there_are_no_rules(project: Path) -> None:
    (project / "pyproject.toml").unlink()
    code = (
        "import sys; from orchestrator.cli import main; main(['validate', 'shop.yaml', '-q']); "
        "print([m for m in sys.modules if m.startswith(('orchestrator.rules.own', 'orchestrator.rules.asser',"
        " 'orchestrator.app.own.', 'importlib.metadata'))])"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=project,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "['orchestrator.app.own.packages']\n", done.stderr
