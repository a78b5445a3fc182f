/**
 * Measures messages per second and CPU time per message of streams: grpc-server and bare grpc-js, for each kind of
 * stream with messages of 10 bytes and 64 KiB, on 4 connections with one stream each.
 *
 *     tsx src/streams.ts [starts] [seconds per measurement]
 */
import { EchoRequest, EchoService } from "@hello/testing/echo";
import { bareStreams, streams } from "./candidates.js";
import { compare } from "./compare.js";
import { load, loadCall } from "./load.js";

const [starts = 6, seconds = 2] = process.argv.slice(2).map(Number);
const { serverStream, clientStream, bidiStream } = EchoService;

/** Length of the prefix of a gRPC message. */
const framingBytes = 5;

/** Messages to measure, with the number of messages per stream. */
const sizes = [
  { size: "10-byte", messageBytes: 10, perStream: 1_000, request: new EchoRequest().setValue("12345678") },
  {
    size: "64 KiB",
    messageBytes: 65_536,
    perStream: 64,
    // The payload is preceded by a tag of one byte and a length of three bytes.
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
      async load(port, amount) {
        const { calls, receivedBytes, seconds } = await load(port, { seconds: amount }, call);
        const units = kind === "client" ? calls * perStream : receivedBytes / (messageBytes + framingBytes);
        return { units, seconds };
      },
    });
  }
}
