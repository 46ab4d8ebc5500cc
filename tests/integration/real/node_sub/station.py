"""Publishes a reading every 20 ms, now for one place, now for the other."""

import itertools
import time
from typing import Any

from orchestrator.sdk import Node


class Station(Node):
    def run(self) -> None:
        for n in itertools.count():
            if self.stopping:
                return
            place = ("inside", "outside")[n % 2]
            reading: dict[str, Any] = {"place": place, "celsius": 20 + n % 7}
            self.sockets.readings.send(reading, topic=place)
            time.sleep(0.02)
