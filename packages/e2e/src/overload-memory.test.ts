import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:http2";
import { getDefaultHighWaterMark } from "node:stream";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import { EchoRequest, EchoService } from "@hello/testing/echo";
import { callFrames, message } from "@hello/testing/http2-frames";
import { connectReady } from "@hello/testing/raw-http2";
import { createEchoCaller, type EchoCaller, requestOf } from "./echo-caller.js";
import type { ServerProcess } from "./server-process.js";
import { startStreamingServer } from "./streaming-server-process.js";

let server: ServerProcess;
let caller: EchoCaller;
before(async () => {
  server = await startStreamingServer();
  caller = createEchoCaller(server.address);
});
after(async () => {
  caller[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const skip = process.platform !== "linux" && "it reads the peak of the server's memory from /proc";

const messageBytes = 64 * 1_024;
const megabytes = Number(process.env["HELLO_TEST_STREAM_MB"] ?? 64);
const payload = Buffer.alloc(messageBytes);
const echo = new EchoRequest().setPayload(payload);

/** Returns the peak memory of a process since the last call, in MiB, and resets it. */
function takePeakMib(pid: number): number {
  const peak = Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024;
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  return peak;
}

async function download(count: number): Promise<void> {
  const { outcome } = caller.serverStream(echo.clone().setCount(count));
  const { code, values } = await outcome;
  assert.deepEqual([code, values.length], [status.OK, count]);
}

async function upload(count: number): Promise<void> {
  const { call, outcome } = caller.clientStream();
  for (let sent = 0; sent < count; sent++) {
    if (!call.write(echo)) {
      await once(call, "drain");
    }
  }
  call.end();
  assert.equal((await outcome).code, status.OK);
}

async function exchange(count: number): Promise<void> {
  const { call, outcome } = caller.bidiStream();
  for (let sent = 0; sent < count; sent++) {
    if (!call.write(echo)) {
      await once(call, "drain");
    }
  }
  call.end();
  const { code, values } = await outcome;
  assert.deepEqual([code, values.length], [status.OK, count]);
}

for (const [direction, stream] of Object.entries({ responses: download, requests: upload, echoes: exchange })) {
  test(`needs less than 32 MiB more memory for a stream of ${megabytes} MB of ${direction}`, { skip }, async (t) => {
    // Warm up: V8 lets the heap of any busy process grow up to some size.
    await stream(1_000);
    takePeakMib(server.pid);
    await caller.statistics();
    const before = takePeakMib(server.pid);
    await stream(Math.ceil((megabytes * 1_000_000) / messageBytes));
    const grown = takePeakMib(server.pid) - before;
    t.diagnostic(`${grown.toFixed(1)} MiB more at the peak`);
    assert.ok(grown < 32, `${grown} MiB`);
  });
}

/** Polls a statistic of the server until it stops changing, and resolves with it. */
async function waitUntilStable(name: "produced" | "consumed"): Promise<number> {
  for (let [before, unchanged] = [-1, 0]; ; await setTimeout(50)) {
    const { [name]: current } = await caller.statistics();
    unchanged = current === before ? unchanged + 1 : 0;
    if (unchanged === 5) {
      return current;
    }
    before = current;
  }
}

test("suspends the handler after one window when the client does not read", async (t) => {
  for (const size of [1_000, 15_000]) {
    const { produced: before } = await caller.statistics();
    const request = new EchoRequest().setPayload(Buffer.alloc(size)).setCount(100_000);
    using connection = await connectReady(server.address);
    connection.send(callFrames(1, EchoService.serverStream.path, message(request.serializeBinary())));
    await connection.frame("DATA");
    const produced = (await waitUntilStable("produced")) - before;
    t.diagnostic(`${produced} responses of ${size} bytes`);
    // One window on the wire, the buffer of Node's stream, and the message that exceeds it.
    const bufferBytes = getDefaultHighWaterMark(false);
    assert.ok(produced * size > 65_535 - size, `${produced} responses`);
    assert.ok((produced - 1) * size <= 65_535 + bufferBytes + 16_384, `${produced} responses`);
  }
  await caller.statisticsWhere(({ active }) => active === 0);
});

test("stops the client after one window when the handler does not read", async (t) => {
  const size = 15_000;
  const large = message(new EchoRequest().setPayload(Buffer.alloc(size)).serializeBinary());
  for (const { path } of [EchoService.clientStream, EchoService.bidiStream]) {
    const { consumed: consumedBefore } = await caller.statistics();
    const session = connect(`http://${server.address}`);
    const headers = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
    const request = session.request(headers).on("error", () => {
      // The end of the session below cancels the request.
    });
    let taken = 0;
    const send = (error?: Error | null) => {
      if (!error) {
        taken++;
        request.write(large, send);
      }
    };
    request.write(message(requestOf("unread").serializeBinary()), send);
    await caller.statisticsWhere(({ consumed }) => consumed === consumedBefore + 1);
    for (let before = -1; before !== taken; ) {
      before = taken;
      await waitUntilStable("consumed");
    }
    t.diagnostic(`${taken} requests of ${size} bytes`);
    // One window on the wire, the buffer of Node's stream, and the message that exceeds it.
    assert.ok(taken > 0 && (taken - 1) * size <= 65_535 + getDefaultHighWaterMark(false) + 16_384, `${taken} requests`);
    assert.equal((await caller.statistics()).consumed, consumedBefore + 1);
    session.destroy();
    await caller.statisticsWhere(({ active }) => active === 0);
  }
});
