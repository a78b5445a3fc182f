import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import { EchoRequest, EchoService } from "@hello/testing/echo";
import { message } from "@hello/testing/http2-frames";
import { createEchoCaller, requestOf } from "../echo-caller.js";
import { rawCall } from "../raw-call.js";
import { startStreamingServer } from "../streaming-server-process.js";

const { unary, serverStream, clientStream, bidiStream } = EchoService;

const good = message(new EchoRequest().setValue("a").setCount(1).serializeBinary());
const bad = (hex: string) => message(Buffer.from(hex, "hex"));
const tooLong = Buffer.of(0, 0xff, 0xff, 0xff, 0xff);
const bomb = message(gzipSync(Buffer.alloc(50_000_000)), { compressed: true });

/** Last messages that break a request stream after two valid ones, each with the expected status. */
const malformed: Readonly<Record<string, readonly [code: status, last: Buffer, encoding?: string]>> = {
  "text that is not UTF-8": [status.INTERNAL, bad("0a03fffefd")],
  "an encoded surrogate": [status.INTERNAL, bad("0a03eda080")],
  "a truncated protobuf message": [status.INTERNAL, bad("0a05416461")],
  "half a message": [status.INTERNAL, good.subarray(0, 6)],
  "half a prefix": [status.INTERNAL, good.subarray(0, 3)],
  "a length above the limit": [status.RESOURCE_EXHAUSTED, tooLong],
  "a message marked as compressed, in no encoding": [status.INTERNAL, message(good.subarray(5), { compressed: true })],
  "a message marked as compressed that is not": [
    status.INTERNAL,
    message(Buffer.from("a"), { compressed: true }),
    "gzip",
  ],
  "a message that inflates beyond the limit": [status.RESOURCE_EXHAUSTED, bomb, "gzip"],
};

test("answers a request stream that breaks after some messages with a status, and then answers the next call", async (t) => {
  await using server = await startStreamingServer();
  using caller = createEchoCaller(server.address);
  for (const [what, [code, last, encoding]] of Object.entries(malformed)) {
    for (const { path } of [clientStream, bidiStream]) {
      await t.test(`${what}: ${path}`, async () => {
        const { headers } = await rawCall(
          server.address,
          path,
          Buffer.concat([good, good, last]),
          encoding === undefined ? {} : { "grpc-encoding": encoding },
        );
        assert.equal(headers["grpc-status"], String(code));
        assert.equal(await caller.unary(requestOf("Ada")), "Ada");
        await caller.statisticsWhere(({ active }) => active === 0);
      });
    }
  }
  assert.deepEqual(
    server.log.filter(({ level }) => level > 40),
    [],
  );
});

/** Invalid bodies for methods that take one request, each with the expected status. */
const notOneRequest: Readonly<Record<string, readonly [code: status, body: Buffer]>> = {
  "no message": [status.UNIMPLEMENTED, Buffer.of()],
  "two messages": [status.UNIMPLEMENTED, Buffer.concat([good, good])],
  "half a message": [status.INTERNAL, good.subarray(0, 6)],
  "a message and a half": [status.INTERNAL, Buffer.concat([good, good.subarray(0, 6)])],
};

test("rejects a call without exactly one request to a method that takes one, and runs no handler", async (t) => {
  await using server = await startStreamingServer();
  using caller = createEchoCaller(server.address);
  for (const [what, [code, body]] of Object.entries(notOneRequest)) {
    for (const { path } of [unary, serverStream]) {
      await t.test(`${what}: ${path}`, async () => {
        const { headers } = await rawCall(server.address, path, body);
        assert.equal(headers["grpc-status"], String(code));
        assert.equal((await caller.serverStream(requestOf("a").setCount(1)).outcome).code, status.OK);
      });
    }
  }
  const { produced } = await caller.statistics();
  assert.equal(produced, Object.keys(notOneRequest).length * 2);
});
