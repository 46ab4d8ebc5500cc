"""The books of the engine: who runs, who has ended, whose streams are read on."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.engines.children import Child, Children


class Reader:
    """Tells what is done to it."""

    def __init__(self, name: str, done: list[str], *, lasting: bool = False) -> None:
        self.name, self.done, self.open, self.lasting = name, done, True, lasting

    def drain(self) -> None:
        self.done.append(f"output {self.name}")
        self.open = self.lasting

    def close(self) -> None:
        self.done.append(f"closed {self.name}")
        self.open = False


def child(name: str, done: list[str], *, lasting: bool = False) -> Child:
    readers: list[Any] = [Reader(name, done, lasting=lasting)]
    return Child(name, 1, None, pid=ord(name), readers=readers)


def test_of_each_that_is_lost_the_output_comes_before_it_and_after_those_before_it() -> None:
    done: list[str] = []
    children = Children()
    for name in "ab":
        children.add(child(name, done))
    assert children.pids == {ord("a"), ord("b")}
    for each in children.lost():
        done.append(f"told {each.unit}")
    assert done == ["output a", "closed a", "told a", "output b", "closed b", "told b"]
    assert children.pids == set()


def test_what_somebody_holds_open_is_read_on_after_the_end() -> None:
    done: list[str] = []
    children = Children()
    children.add(child("a", done, lasting=True))
    children.add(child("b", done))
    assert children.ended("a", 1).unit == "a"
    assert children.ended("b", 1).unit == "b"
    children.release()
    assert done == ["output a", "output b", "closed a"]


def test_who_is_not_known() -> None:
    children = Children()
    assert children.get("a", 1) is None
    for ask in (lambda: children["a", 1], lambda: children.ended("a", 1), lambda: children.drop("a", 1)):
        with pytest.raises(KeyError):
            ask()
