"""`include`: several files, one topology."""

from __future__ import annotations

from pathlib import Path

from orchestrator.source import KEY, Reading, read_document


def write(directory: Path, **files: str) -> str:
    """Write files (`a__b` is b in the directory a) and name the main one."""
    for name, text in files.items():
        file = directory / (name.replace("__", "/") + ".yaml")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return str(directory / "main.yaml")


def read(file: str) -> Reading:
    return read_document(file, environ={"NAME": "value"})


def test_nodes_messages_and_endpoints_join_and_know_their_file(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        main="name: m\ninclude: [sub/a.yaml]\nnodes:\n  one: {x: 1}\n",
        sub__a="name: own\ndescription: d\nx-mine: 1\ninclude: b.yaml\nnodes:\n  two:\n    x: ${NAME}\n",
        sub__b="messages:\n  M: {codec: json}\nendpoints:\n  e: {address: tcp://h:1}\n",
    )
    reading = read(main)
    assert reading.diagnostics == ()
    document = reading.document
    assert document is not None
    assert isinstance(document.data, dict)
    assert document.data["name"] == "m"
    assert document.data["nodes"] == {"one": {"x": 1}, "two": {"x": "value"}}
    assert document.data["messages"] == {"M": {"codec": "json"}}
    assert str(document.place(("nodes", "two", "x"))) == f"{tmp_path}/sub/a.yaml:7:8"
    assert str(document.place(("nodes", "two", KEY))) == f"{tmp_path}/sub/a.yaml:6:3"
    assert str(document.place(("messages", "M", "codec"))) == f"{tmp_path}/sub/b.yaml:2:14"
    assert str(document.place(("nodes", "one", "x"))) == f"{main}:4:12"
    assert document.directory_of(("nodes", "two")) == str(tmp_path / "sub")
    assert set(reading.sources) == {main, f"{tmp_path}/sub/a.yaml", f"{tmp_path}/sub/b.yaml"}


def test_a_name_defined_twice_shows_both_places(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        main="include: [a.yaml, b.yaml]\nnodes:\n  one: {}\n",
        a="nodes:\n  one: {}\n  two: {}\n",
        b="nodes:\n\n  two: {}\n",
    )
    findings = read(main).diagnostics
    assert [(d.code, str(d.span), str(d.related[0].span)) for d in findings] == [
        ("ZMQ019", f"{tmp_path}/a.yaml:2:3", f"{main}:3:3"),
        ("ZMQ019", f"{tmp_path}/b.yaml:3:3", f"{tmp_path}/a.yaml:3:3"),
    ]


def test_a_circle_is_told_once_with_its_way(tmp_path: Path) -> None:
    main = write(tmp_path, main="include: a.yaml\n", a="include: [b.yaml]\n", b="include: [main.yaml]\n")
    (finding,) = read(main).diagnostics
    assert (finding.code, str(finding.span)) == ("ZMQ018", f"{tmp_path}/b.yaml:1:11")
    assert "main.yaml → a.yaml → b.yaml → main.yaml" in finding.message


def test_a_file_that_two_others_include_counts_once(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        main="include: [a.yaml, b.yaml]\n",
        a="include: [c.yaml]\n",
        b="include: [c.yaml]\n",
        c="nodes: {n: {}}\n",
    )
    assert read(main).diagnostics == ()


def test_a_missing_file_is_told_where_it_is_named(tmp_path: Path) -> None:
    main = write(tmp_path, main="name: m\ninclude:\n  - none.yaml\n")
    (finding,) = read(main).diagnostics
    assert (finding.code, str(finding.span)) == ("ZMQ017", f"{main}:3:5")


def test_mistakes_in_an_included_file_are_told_there_and_the_rest_is_read(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        main="include: [a.yaml, b.yaml, c.yaml]\nnodes:\n  one: {}\n",
        a="nodes: [",
        b="defaults: {}\nnods: {}\nnodes: []\n",
        c="nodes:\n  two: {}\n",
    )
    reading = read(main)
    assert [(d.code, Path(d.span.file).name, d.span.line) for d in reading.diagnostics] == [
        ("ZMQ003", "a.yaml", 1),
        ("ZMQ020", "b.yaml", 1),
        ("ZMQ020", "b.yaml", 2),
        ("ZMQ020", "b.yaml", 3),
    ]
    assert reading.document is not None
    assert isinstance(reading.document.data, dict)
    assert reading.document.data["nodes"] == {"one": {}, "two": {}}


def test_texts_stand_in_for_files_whatever_those_are_called(tmp_path: Path) -> None:
    main = write(tmp_path, main="include: ./sub/../a.yaml\nx: ${X}\n", a="nodes:\n  one: {x: 1}\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / ".env").write_text("X=1\n")
    (tmp_path / "link.yaml").symlink_to("main.yaml")
    instead = {
        str(tmp_path / "main.yaml"): "include: ./sub/../a.yaml\nx: ${X}-y\n",
        str(tmp_path / "a.yaml"): "nodes:\n  other: {x: 2}\n",
        str(tmp_path / ".env"): "X=z\n",
    }
    for file in (main, str(tmp_path / "link.yaml")):
        reading = read_document(file, environ={}, instead=instead)
        assert reading.document is not None
        assert isinstance(reading.document.data, dict)
        assert reading.document.data["x"] == "z-y"
        assert reading.document.data["nodes"] == {"other": {"x": 2}}
        assert reading.sources[file] == instead[str(tmp_path / "main.yaml")]
