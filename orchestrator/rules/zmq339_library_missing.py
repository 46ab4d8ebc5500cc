"""The library of a codec or a compression is not installed.

## Why

Codecs beside `raw`, `text`, `json`, `msgpack` and `pickle`, and compression by zstd and lz4, need a library
that is installed with an extra (`zmq-orchestrator[avro]`). A Python node without it does not start.

Looked for only with `validate --host-check`, on the host and with the Python that is to run the topology.

## Bad

```yaml
messages:
  Order: {codec: avro, schema: {type: record, name: Order, fields: [{name: qty, type: int}]}}
nodes:
  desk:
    run: market.desk:Desk
    sockets:
      orders: {type: PUSH, bind: tcp://127.0.0.1:5556, message: Order}
```

## Good

`pip install 'zmq-orchestrator[avro]'` brings it. A codec that needs nothing:

```yaml
messages:
  Order: {codec: msgpack}
nodes:
  desk:
    run: market.desk:Desk
    sockets:
      orders: {type: PUSH, bind: tcp://127.0.0.1:5556, message: Order}
```

## Source

The reference of codecs.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ339"
NAME: Final = "library-missing"
SEVERITY: Final = Severity.ERROR
