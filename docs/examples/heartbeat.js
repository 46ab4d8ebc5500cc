// A program that lets orchestrator watch it by real heartbeats. Needs npm's zeromq (version 6).
//
// One connection does it all: every PING goes back as it came, STOP ends the program. Node.js answers between two
// steps of its event loop, so a heartbeat here also says that the loop turns. The protocol: docs/protocol.md.
"use strict"

const zmq = require("zeromq")

function need(name) {
  const value = process.env[name]
  if (value === undefined) {
    console.error(`${name} is not set: start this program with orchestrator`)
    process.exit(2)
  }
  return value
}

const unit = need("ORCHESTRATOR_UNIT")
const id = process.env.ORCHESTRATOR_ROUTING_ID // by which another supervisor finds us (up --keep)
const dealer = new zmq.Dealer(id === undefined ? {linger: 200} : {linger: 200, routingId: id})

function tell(kind, body) {
  return dealer.send(["ORC1", kind, unit, body === undefined ? "" : JSON.stringify(body)])
}

async function main() {
  dealer.connect(need("ORCHESTRATOR_CONTROL"))
  await tell("HELLO", {
    unit,
    attempt: Number(need("ORCHESTRATOR_ATTEMPT")),
    token: need("ORCHESTRATOR_TOKEN"),
    pid: process.pid,
    role: "control",
  })
  await tell("READY")
  console.log("ready")

  for await (const frames of dealer) {
    const [magic, kind] = frames.map(String)
    if (magic !== "ORC1") continue
    if (kind === "PING") await dealer.send(frames)
    if (kind === "STOP") break
  }
  console.log("stopped")
  dealer.close()
}

process.on("SIGTERM", () => dealer.close())
main()
