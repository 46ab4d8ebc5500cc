"""Arrays from one process to another through shared memory, beside the same without it, dora and ezmsg, in one run:
`bench_shared.py [--peers DIR] [--rounds N] [--sizes BYTES,…]`. The receivers read every byte. What the peers need is told
in bench_data.py, whose load this is.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bench_data import compare
from data_path import tables, ways
from data_path.contestants import Contestant, Dora, Ezmsg
from data_path.ours import Ours
from support import machine

SIZES = "65536,262144,1048576,4194304"
COPIED = replace(ways.SHARED_ARRAYS, name="arrays, copied", sending={"shared_memory": False})


def main() -> int:
    parser = argparse.ArgumentParser(description="Arrays through shared memory, and not.")
    parser.add_argument("--peers", type=Path, help="where the peers' programs are")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", default=SIZES, help="bytes, with commas")
    parser.add_argument("--quick", action="store_true", help="a tenth of the load")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whoever ends it finds nothing left
    everyone: list[Contestant] = [
        *map(Ours, (ways.SHARED_ARRAYS, COPIED, ways.SHARED, ways.RAW)),
        Dora(arguments.peers),
        Ezmsg(arguments.peers),
    ]
    there = [contestant for contestant in everyone if contestant.missing is None]
    sizes = [int(size) for size in arguments.sizes.split(",")]
    with tempfile.TemporaryDirectory():
        samples = compare(there, sizes, arguments.rounds, arguments.quick)
    names = [contestant.name for contestant in there]
    print(machine())
    print(f"\n{tables.throughput(samples, names)}\n\n{tables.latency(samples, names)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
