/**
 * Measures messages a second and CPU time a message of streams: grpc-server against bare grpc-js, for each kind of stream
 * with messages of 10 bytes and of 64 KiB. 4 connections with a stream each.
 *
 *     tsx src/streams.ts [starts] [seconds of a slice]
 */
import { EchoRequest, EchoService } from "@hello/testing/echo";
import { bareStreams, streams } from "./candidates.js";
import { compare } from "./compare.js";
import { load, loadCall } from "./load.js";

const [starts = 6, seconds = 2] = process.argv.slice(2).map(Number);
const { serverStream, clientStream, bidiStream } = EchoService;

/** Length of a message's framing. */
const framingBytes = 5;

/** Messages to measure, each with the number that a stream has of them. */
const sizes = [
  { size: "10-byte", messageBytes: 10, perStream: 1_000, request: new EchoRequest().setValue("12345678") },
  {
    size: "64 KiB",
    messageBytes: 65_536,
    perStream: 64,
    // The tag and a length of three bytes come before it.
    request: new EchoRequest().setPayload(Buffer.alloc(65_532)),
  },
];

for (const { size, messageBytes, perStream, request } of sizes) {
  const one = request.serializeBinary();
  const many = Array.from({ length: perStream }, () => one);
  const count = request.clone().setCount(perStream).serializeBinary();
  for (const [kind, { path }, requests] of [
    ["server", serverStream, [count]],
    ["client", clientStream, many],
    ["bidirectional", bidiStream, many],
  ] as const) {
    const call = loadCall(path, requests, 1);
    console.log(`${kind} stream of ${size} messages`);
    await compare({
      candidates: [bareStreams, streams],
      starts,
      seconds,
      unit: "message",
      async load(port, seconds) {
        const { calls, receivedBytes } = await load(port, { seconds }, call);
        return kind === "client" ? calls * perStream : receivedBytes / (messageBytes + framingBytes);
      },
    });
  }
}
