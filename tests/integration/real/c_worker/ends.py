"""The Python ends of the pipeline: a source of numbers and a sink that reports what it got."""

import itertools
import time
from collections.abc import Iterator


def numbers() -> Iterator[str]:
    for n in itertools.count():
        yield str(n)
        time.sleep(0.01)


def sink(number: str) -> None:
    if int(number) % 2:
        raise ValueError(f"{number} has not been doubled")
    print("got", number)
