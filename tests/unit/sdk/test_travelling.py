"""Annotations of code that travels mean the same where it arrives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from orchestrator.sdk import In, Node, Out
from orchestrator.sdk.travelling import settle


@dataclass
class Job:
    number: int


def work(job: Job, out: Out[Job], other: Missing) -> None:  # type: ignore[name-defined] # noqa: F821
    ...


class Base(Node):
    jobs: In[Job]


class Worker(Base):
    done: Out[Job] | None

    @dataclass
    class Params:
        mode: Literal["fast", "safe"] = "safe"

    def on_jobs(self, job: Job) -> None: ...


def test_texts_become_what_they_mean() -> None:
    assert work.__annotations__["job"] == "Job"
    for _ in range(2):
        settle(work)
        settle(Worker)
    assert work.__annotations__ == {"job": Job, "out": Out[Job], "other": "Missing", "return": None}
    assert Base.__annotations__ == {"jobs": In[Job]}
    assert Worker.__annotations__ == {"done": Out[Job] | None}
    assert Worker.Params.__annotations__ == {"mode": Literal["fast", "safe"]}
    assert Worker.on_jobs.__annotations__["job"] is Job
    settle(None)
