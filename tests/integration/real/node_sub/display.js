// Subscribes to one topic and prints what comes. Unaware of the orchestrator.
const zmq = require("zeromq");

async function main() {
  const socket = new zmq.Subscriber();
  socket.connect(process.argv[2]);
  socket.subscribe("outside");
  console.log("listening");
  for await (const [topic, payload] of socket) {
    const reading = JSON.parse(payload.toString());
    console.log(`${topic}: ${reading.celsius} C`);
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
