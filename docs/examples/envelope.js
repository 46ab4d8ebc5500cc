// A reader and a writer of the envelope, for messages between nodes. Needs nothing but Node.js.
//
//   echo 'c15a0107…' | node envelope.js read      the message's frames in hexadecimal, `-` for an empty one
//   echo 'source=…' | node envelope.js write      what `read` has printed
//
// A line for each line: `read` prints the fields, or `refused` and why. As a module: `readMessage(frames)`,
// `writeMessage(header, payload)`, `records(header, payload)`. The format: docs/protocol.md.
"use strict"

const zlib = require("zlib")

// ------------------------------------------------------------------ the format

const FIXED = 56
const LONGEST = 255 * 8
const Flag = {BATCH: 1, DETACHED: 2, END: 4, ERROR: 8, SHARED: 16, NOTHING: 32}
const Extension = {TRACE: 1, DEADLINE: 2, ANSWERS: 3, ATTEMPT: 4, CODEC: 5, SENDER: 6, REQUEST: 7, POOL: 8}
const CODECS = ["", "raw", "text", "json", "msgpack", "protobuf", "cbor", "avro", "arrow", "numpy", "pickle"]
const NAMED = 255
const COMPRESSIONS = ["", "zstd", "lz4", "gzip"]

// A message that is refused; `flaw` is one word.
class Refused extends Error {
  constructor(flaw) {
    super(`refused: ${flaw}`)
    this.flaw = flaw
  }
}

// `ignoreBOM` keeps the three bytes of a byte order mark, which are a character like any other here.
const utf8 = new TextDecoder("utf-8", {fatal: true, ignoreBOM: true})

function text(body) {
  try {
    return utf8.decode(body)
  } catch {
    throw new Refused("extension")
  }
}

function sized(body, size) {
  if (body.length !== size) throw new Refused("extension")
  return body
}

function id(body) {
  sized(body, 16)
  return {source: body.readBigUInt64LE(0), number: body.readBigUInt64LE(8)}
}

// What is not known is passed over.
function readExtension(header, kind, body) {
  switch (kind) {
    case Extension.TRACE:
      sized(body, 25)
      header.trace = {traceId: body.subarray(0, 16), spanId: body.subarray(16, 24), flags: body[24]}
      break
    case Extension.DEADLINE: header.deadlineNs = sized(body, 8).readBigInt64LE(0); break
    case Extension.ANSWERS: header.answers = id(body); break
    case Extension.REQUEST: header.request = id(body); break
    case Extension.POOL: header.offer = id(body); break
    case Extension.ATTEMPT: header.attempt = sized(body, 2).readUInt16LE(0); break
    case Extension.CODEC: header.codecName = text(body); break
    case Extension.SENDER: header.sender = text(body); break
  }
}

// The header that a frame begins with. 64-bit numbers are BigInt.
function readHeader(frame) {
  if (frame.length < FIXED) throw new Refused("short")
  if (frame[0] !== 0xc1 || frame[1] !== 0x5a) throw new Refused("magic")
  if (frame[2] !== 1) throw new Refused("version")
  const length = frame[3] * 8
  if (length < FIXED || length > frame.length) throw new Refused("length")
  const header = {
    length,
    flags: frame.readUInt16LE(4),
    source: frame.readBigUInt64LE(8),
    sequence: frame.readBigUInt64LE(16),
    timestampNs: frame.readBigInt64LE(24),
    fingerprint: frame.readBigUInt64LE(32),
    count: frame.readUInt32LE(40),
    plainSize: frame.readUInt32LE(44),
    number: frame.readBigUInt64LE(48),
    codecName: "",
    sender: "",
    attempt: 1,
  }
  for (let at = FIXED; at < length && frame[at] !== 0; ) {
    if (length - at < 2) throw new Refused("extension")
    const begin = at + 2
    const end = begin + frame[at + 1]
    if (end > length) throw new Refused("extension")
    readExtension(header, frame[at], frame.subarray(begin, end))
    at = end
  }
  header.codec = frame[6] === NAMED ? header.codecName : CODECS[frame[6]]
  if (header.codec === undefined || (frame[6] === NAMED && header.codec === "")) throw new Refused("codec")
  header.compression = COMPRESSIONS[frame[7]]
  if (header.compression === undefined) throw new Refused("compression")
  return header
}

function extension(kind, body) {
  if (body.length > 255) throw new RangeError(`extension ${kind} has ${body.length} bytes, and 255 fit`)
  return Buffer.concat([Buffer.from([kind, body.length]), body])
}

function idBytes({source, number}) {
  const body = Buffer.alloc(16)
  body.writeBigUInt64LE(source, 0)
  body.writeBigUInt64LE(number, 8)
  return body
}

function extensions(header) {
  const parts = []
  if (!CODECS.includes(header.codec)) parts.push(extension(Extension.CODEC, Buffer.from(header.codec)))
  if (header.sender) parts.push(extension(Extension.SENDER, Buffer.from(header.sender)))
  if (header.trace) {
    const {traceId, spanId, flags} = header.trace
    parts.push(extension(Extension.TRACE, Buffer.concat([traceId, spanId, Buffer.from([flags])])))
  }
  if (header.deadlineNs !== undefined) {
    const body = Buffer.alloc(8)
    body.writeBigInt64LE(header.deadlineNs)
    parts.push(extension(Extension.DEADLINE, body))
  }
  if (header.answers) parts.push(extension(Extension.ANSWERS, idBytes(header.answers)))
  if (header.request) parts.push(extension(Extension.REQUEST, idBytes(header.request)))
  if (header.attempt !== 1) {
    const body = Buffer.alloc(2)
    body.writeUInt16LE(header.attempt)
    parts.push(extension(Extension.ATTEMPT, body))
  }
  if (header.offer) parts.push(extension(Extension.POOL, idBytes(header.offer)))
  const all = Buffer.concat(parts)
  return Buffer.concat([all, Buffer.alloc((8 - (all.length % 8)) % 8)])
}

function writeHeader(header) {
  const tail = extensions(header)
  if (FIXED + tail.length > LONGEST) throw new RangeError(`${LONGEST} bytes fit into a header`)
  const fixed = Buffer.alloc(FIXED)
  const codec = CODECS.indexOf(header.codec)
  fixed.set([0xc1, 0x5a, 1, (FIXED + tail.length) / 8])
  fixed.writeUInt16LE(header.flags, 4)
  fixed[6] = codec < 0 ? NAMED : codec
  fixed[7] = COMPRESSIONS.indexOf(header.compression)
  fixed.writeBigUInt64LE(header.source, 8)
  fixed.writeBigUInt64LE(header.sequence, 16)
  fixed.writeBigInt64LE(header.timestampNs, 24)
  fixed.writeBigUInt64LE(header.fingerprint, 32)
  fixed.writeUInt32LE(header.count, 40)
  fixed.writeUInt32LE(header.plainSize, 44)
  fixed.writeBigUInt64LE(header.number, 48)
  return Buffer.concat([fixed, tail])
}

// Whether the payload holds records; `plainly`: and nothing lies between.
function hasRecords(header, plainly) {
  const elsewhere = Flag.SHARED | Flag.END | Flag.NOTHING
  return (header.flags & Flag.BATCH) !== 0 && !(header.flags & elsewhere) && !(plainly && header.compression)
}

function split(payload, count) {
  let at = count * 4
  if (at > payload.length) throw new Refused("batch")
  const found = []
  for (let i = 0; i < count; i++) {
    const end = at + payload.readUInt32LE(i * 4)
    found.push(payload.subarray(at, end))
    at = end
  }
  if (at !== payload.length) throw new Refused("batch")
  return found
}

// A message, without the frames that belong to its socket's type. Returns the header and the payload's frames.
function readMessage(frames) {
  const header = readHeader(frames[0])
  const detached = (header.flags & Flag.DETACHED) !== 0
  if (detached ? frames.length < 2 || frames[0].length !== header.length : frames.length !== 1)
    throw new Refused("frames")
  const payload = detached ? frames.slice(1) : [frames[0].subarray(header.length)]
  if (hasRecords(header, true)) {
    if (payload.length !== 1) throw new Refused("batch")
    split(payload[0], header.count)
  }
  return {header, payload}
}

function writeMessage(header, payload) {
  const head = writeHeader(header)
  return header.flags & Flag.DETACHED ? [head, ...payload] : [Buffer.concat([head, ...payload])]
}

// No more is unpacked than the header announces.
function gunzip(payload, size) {
  try {
    const plain = zlib.gunzipSync(payload, {maxOutputLength: Math.max(1, size)})
    if (plain.length === size) return plain
  } catch {} // as bad as another size
  throw new Refused("compression")
}

// The records of a message: what its codec has made, one after another. zstd and lz4 are not in Node.js 20.
function records(header, payload) {
  let plain = payload
  if (header.compression) {
    if (header.compression !== "gzip") throw new Error(`${header.compression} needs a library`)
    plain = [gunzip(payload[0], header.plainSize)]
  }
  return hasRecords(header, false) ? split(plain[0], header.count) : plain
}

module.exports = {Flag, Refused, readHeader, writeHeader, readMessage, writeMessage, records}

// ------------------------------------------------------------------ lines of text for it

const hex = (bytes) => Buffer.from(bytes).toString("hex")
const hex64 = (number) => number.toString(16).padStart(16, "0")
const idText = ({source, number}) => `${hex64(source)}-${number}`

function idFrom(word) {
  const [source, number] = word.split("-")
  return {source: BigInt(`0x${source}`), number: BigInt(number)}
}

function show({header, payload}) {
  const named = !CODECS.includes(header.codec)
  const fields = {
    source: hex64(header.source),
    sequence: header.sequence,
    number: header.number,
    timestamp_ns: header.timestampNs,
    codec: named ? `name:${hex(header.codec)}` : header.codec,
    compression: header.compression,
    flags: header.flags,
    fingerprint: hex64(header.fingerprint),
    count: header.count,
    plain_size: header.plainSize,
    sender: hex(header.sender),
  }
  const {trace} = header
  if (trace) fields.trace = hex(Buffer.concat([trace.traceId, trace.spanId, Buffer.from([trace.flags])]))
  if (header.deadlineNs !== undefined) fields.deadline_ns = header.deadlineNs
  if (header.answers) fields.answers = idText(header.answers)
  if (header.request) fields.request = idText(header.request)
  if (header.offer) fields.offer = idText(header.offer)
  fields.attempt = header.attempt
  fields.payload = payload.map(hex).join(",")
  if (hasRecords(header, true)) {
    const found = records(header, payload)
    fields.records = [found.length, ...found.map(hex)].join(":")
  }
  return Object.entries(fields).map(([key, value]) => `${key}=${value}`).join(" ")
}

function readLine(line) {
  try {
    return show(readMessage(line.split(" ").map((word) => Buffer.from(word === "-" ? "" : word, "hex"))))
  } catch (error) {
    if (error instanceof Refused) return `refused ${error.flaw}`
    throw error
  }
}

function traceFrom(word) {
  const body = Buffer.from(word, "hex")
  return {traceId: body.subarray(0, 16), spanId: body.subarray(16, 24), flags: body[24]}
}

function writeLine(line) {
  const fields = Object.fromEntries(line.split(" ").map((field) => field.split("=")))
  const header = {
    source: BigInt(`0x${fields.source}`),
    sequence: BigInt(fields.sequence),
    number: BigInt(fields.number),
    timestampNs: BigInt(fields.timestamp_ns),
    codec: fields.codec.startsWith("name:") ? Buffer.from(fields.codec.slice(5), "hex").toString() : fields.codec,
    compression: fields.compression,
    flags: Number(fields.flags),
    fingerprint: BigInt(`0x${fields.fingerprint}`),
    count: Number(fields.count),
    plainSize: Number(fields.plain_size),
    sender: Buffer.from(fields.sender, "hex").toString(),
    attempt: Number(fields.attempt),
  }
  if (fields.trace) header.trace = traceFrom(fields.trace)
  if (fields.deadline_ns) header.deadlineNs = BigInt(fields.deadline_ns)
  if (fields.answers) header.answers = idFrom(fields.answers)
  if (fields.request) header.request = idFrom(fields.request)
  if (fields.offer) header.offer = idFrom(fields.offer)
  const payload = fields.payload.split(",").map((word) => Buffer.from(word, "hex"))
  return writeMessage(header, payload).map((frame) => hex(frame) || "-").join(" ")
}

function main() {
  const work = {read: readLine, write: writeLine}[process.argv[2]]
  if (work === undefined) {
    console.error("usage: envelope.js read|write")
    process.exit(2)
  }
  const lines = require("fs").readFileSync(0, "latin1").split("\n")
  if (lines[lines.length - 1] === "") lines.pop()
  process.stdout.write(lines.map((line) => `${work(line)}\n`).join(""))
}

if (require.main === module) main()
