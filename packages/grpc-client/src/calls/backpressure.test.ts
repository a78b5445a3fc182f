import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerReadableStream, ServerWritableStream, sendUnaryData } from "@grpc/grpc-js";
import { compileProgram } from "@hello/testing/compile";
import { type EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { run } from "@hello/testing/program";
import { EchoClient } from "../../test/echo-client.js";
import { requestSource } from "../../test/request-source.js";
import { serve } from "../../test/test-server.js";

/** Starts a server that does not read requests, and writes responses with this payload as flow control allows. */
async function serveStreams(payloadBytes = 0) {
  const { clientStream, serverStream, bidiStream } = EchoService;
  let written = 0;
  const respond = (call: ServerWritableStream<EchoRequest, EchoResponse>) => {
    const response = new EchoResponse().setPayload(new Uint8Array(payloadBytes));
    const write = () => {
      do {
        written += 1;
      } while (call.write(response));
    };
    call.on("drain", write);
    write();
  };
  const server = await serve({
    services: [
      [
        { clientStream, serverStream, bidiStream },
        {
          clientStream() {
            // Without a listener, grpc-js reads no requests.
          },
          serverStream: respond,
          bidiStream: respond,
        },
      ],
    ],
  });
  return Object.assign(server, { written: () => written });
}

/** Makes unary calls until they no longer change a count, or until it exceeds a maximum. */
async function waitUntilStable(client: EchoClient, count: () => number, maxCount: number): Promise<number> {
  for (let before = -1; before !== count() && count() <= maxCount; ) {
    before = count();
    for (let call = 0; call < 50; call += 1) {
      await client.echo("World");
    }
  }
  return count();
}

for (const [size, payloadBytes, maxCount] of [
  // The window holds 64 KiB, the retry buffer 1 MiB.
  ["large", 64 * 1024, 20],
  ["small", 100, 1_000],
] as const) {
  test(`reads no more ${size} requests than fit in the server's window and the buffers`, async () => {
    await using server = await serveStreams();
    await using client = new EchoClient(server.target, { timeoutMs: 60_000 });
    const controller = new AbortController();
    const upload = requestSource({ payloadBytes });
    const call = client.collect(upload, { signal: controller.signal });
    const chatRequests = requestSource({ payloadBytes });
    const chat = client.chat(chatRequests);
    await chat.next();
    for (const requests of [upload, chatRequests]) {
      const count = await waitUntilStable(client, () => requests.count, maxCount);
      assert.ok(count > 1 && count <= maxCount, `${count} requests`);
    }
    controller.abort();
    await assert.rejects(call);
    await chat.return();
  });
}

for (const [kind, open] of [
  ["server stream", (client: EchoClient) => client.echoStream("a", 0)],
  ["bidirectional stream", (client: EchoClient) => client.chat([])],
] as const) {
  test(`pauses the server while a ${kind} is not read`, async () => {
    await using server = await serveStreams(64 * 1024);
    await using client = new EchoClient(server.target, { timeoutMs: 60_000 });
    const responses = open(client);
    await responses.next();
    // The window, the write buffer of the server, and one message.
    const maxCount = 20;
    const written = await waitUntilStable(client, server.written, maxCount);
    assert.ok(written <= maxCount, `${written} responses`);
    for (let index = 0; index < 100; index += 1) {
      await responses.next();
    }
    assert.ok(server.written() > 100);
    await responses.return(undefined);
  });
}

const program = await compileProgram(new URL("../../test/stream-memory.ts", import.meta.url));

for (const direction of ["upload", "download"]) {
  for (const [payloadBytes, count] of [
    [64 * 1024, 2_048],
    [10, 100_000],
  ] as const) {
    test(`uses less than 32 MiB for the ${direction} of ${count} messages of ${payloadBytes} bytes`, async () => {
      const { clientStream, serverStream } = EchoService;
      await using server = await serve({
        services: [
          [
            { clientStream, serverStream },
            {
              clientStream(
                call: ServerReadableStream<EchoRequest, EchoResponse>,
                callback: sendUnaryData<EchoResponse>,
              ) {
                call.resume().on("end", () => callback(null, new EchoResponse()));
              },
              serverStream(call: ServerWritableStream<EchoRequest, EchoResponse>) {
                const response = new EchoResponse().setPayload(call.request.getPayload());
                let remaining = call.request.getCount();
                const write = () => {
                  for (; remaining > 0; remaining -= 1) {
                    if (!call.write(response)) {
                      remaining -= 1;
                      return;
                    }
                  }
                  call.end();
                };
                call.on("drain", write);
                write();
              },
            },
          ],
        ],
      });
      const args = [server.target, direction, String(payloadBytes), String(count)];
      // A small young generation, whose default size differs between versions of Node: what counts is what stays alive.
      const node = [process.execPath, "--max-semi-space-size=1"] as const;
      const { stdout, stderr } = await run([...node, program, ...args]);
      assert.equal(stderr, "");
      const growthBytes = Number(stdout);
      assert.ok(growthBytes < 32 * 2 ** 20, `grew by ${growthBytes} bytes`);
    });
  }
}
