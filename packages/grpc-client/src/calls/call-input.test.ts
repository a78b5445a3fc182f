import assert from "node:assert/strict";
import { test } from "node:test";
import { type EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { invalidCallOptions } from "@hello/testing/invalid-call-options";
import { listenHttp2 } from "@hello/testing/peer";
import { EchoClient } from "../../test/echo-client.js";
import { requestsOf } from "../../test/request-source.js";
import { type CallOptions, ServiceClient } from "../index.js";

/** Functions that make a call of each kind with unchecked options. */
const kinds: Readonly<Record<string, (client: EchoClient, options: object) => Promise<unknown>>> = {
  "unary call": (client, options) => client.echo("a", options),
  "client stream": (client, options) => client.collect(requestsOf("a"), options),
  "server stream": (client, options) => client.echoStream("a", 1, options).next(),
  "bidirectional stream": (client, options) => client.chat(requestsOf("a"), options).next(),
  "health check": (client, options) => client.checkHealth("", options),
  "health watch": (client, options) => client.watchHealth("", options).next(),
};

const { signal } = new AbortController();

for (const [kind, call] of Object.entries(kinds)) {
  test(`rejects invalid options of a ${kind} before it connects`, async () => {
    await using peer = await listenHttp2((stream) => stream.close());
    await using client = new EchoClient(peer.address);
    for (const [options, message] of invalidCallOptions) {
      await assert.rejects(call(client, options as object), { name: "TypeError", message }, String(message));
    }
    assert.equal(peer.accepted, 0);
  });

  test(`accepts undefined options of a ${kind}`, async () => {
    await using peer = await listenHttp2((stream) =>
      stream.respond({ "content-type": "application/grpc", "grpc-status": "5" }, { endStream: true }),
    );
    await using client = new EchoClient(peer.address);
    const names = ["timeoutMs", "signal", "metadata", "waitForReady", "onMetadata", "onTrailers"];
    const options = Object.fromEntries(names.map((name) => [name, undefined]));
    await assert.rejects(call(client, options), { status: "NOT_FOUND" });
    await assert.rejects(call(client, { timeoutMs: 60_000, signal, metadata: {}, waitForReady: true }), {
      status: "NOT_FOUND",
    });
  });
}

const parents: readonly unknown[] = [signal, null, {}, { signal: {} }, { signal, deadline: 5 }, { getDeadline: 5 }];
for (const [kind, call] of Object.entries(kinds)) {
  test(`rejects a parent of a ${kind} that is not a server call`, async () => {
    await using client = new EchoClient("127.0.0.1:1");
    for (const parent of parents) {
      const message =
        kind === "health watch" ? /^unknown call option "parent": / : /^parent must be a server call, not /;
      await assert.rejects(call(client, { parent }), { name: "TypeError", message });
    }
  });

  test(`rejects ${kind.includes("stream") ? "an invalid" : "any"} idle timeout of a ${kind}`, async () => {
    await using client = new EchoClient("127.0.0.1:1");
    const message = kind.includes("stream")
      ? /^idleTimeoutMs must be a number up to .*, not "5"$/
      : /^unknown call option "idleTimeoutMs": /;
    await assert.rejects(call(client, { idleTimeoutMs: "5" }), { name: "TypeError", message });
  });
}

test("opens no stream for a health watch with invalid options", async () => {
  let streams = 0;
  await using peer = await listenHttp2((stream) => {
    streams += 1;
    stream.respond({ "content-type": "application/grpc" });
  });
  await using client = new EchoClient(peer.address);
  const options = { signal: new AbortController() as unknown as AbortSignal };
  await assert.rejects(client.watchHealth("", options).next(), { name: "TypeError" });
  await assert.rejects(client.watchHealth("", null as unknown as object).next(), { name: "TypeError" });
  client.close();
  assert.equal(streams, 0);
});

test("accepts a signal of another library", async () => {
  const customSignal = {
    aborted: false,
    reason: undefined,
    addEventListener: signal.addEventListener.bind(signal),
    removeEventListener: signal.removeEventListener.bind(signal),
  } as unknown as AbortSignal;
  await using client = new EchoClient("127.0.0.1:1", { retry: false });
  await assert.rejects(client.echo("a", { signal: customSignal }), { status: "UNAVAILABLE" });
});

class UncheckedClient extends ServiceClient {
  call(request: unknown, options?: CallOptions): Promise<EchoResponse> {
    return this.unary(EchoService.unary, request as EchoRequest, options);
  }
  stream(request: unknown) {
    return this.serverStream(EchoService.serverStream, request as EchoRequest);
  }
  upload(requests: unknown) {
    return this.clientStream(EchoService.clientStream, requests as EchoRequest[]);
  }
  chat(requests: unknown) {
    return this.bidiStream(EchoService.bidiStream, requests as EchoRequest[]);
  }
  callWithoutSerializing(request: unknown) {
    const method = {
      path: "/testing.v1.Echo/Unary",
      requestStream: false,
      responseStream: false,
      requestSerialize: (bytes: unknown) => bytes as Buffer,
      responseDeserialize: (bytes: Buffer) => bytes,
    };
    return this.unary(method, request);
  }
}

test("rejects a request of another type before it connects", async () => {
  await using peer = await listenHttp2((stream) => stream.close());
  await using client = new UncheckedClient(peer.address);
  const expected = { name: "TypeError", message: "invalid request: Expected argument of type testing.v1.EchoRequest" };
  for (const request of [undefined, null, "a", {}, new EchoResponse()]) {
    await assert.rejects(client.call(request), expected);
    await assert.rejects(client.stream(request).next(), expected);
  }
  assert.equal(peer.accepted, 0);
});

test("rejects requests that are not iterable before it connects", async () => {
  await using peer = await listenHttp2((stream) => stream.close());
  await using client = new UncheckedClient(peer.address);
  for (const requests of [undefined, null, 5, "abc", {}, () => []]) {
    const expected = {
      name: "TypeError",
      message: /^the requests of \/testing\.v1\.Echo\/\w+ must be an iterable, not /,
    };
    await assert.rejects(client.upload(requests), expected);
    await assert.rejects(client.chat(requests).next(), expected);
  }
  assert.equal(peer.accepted, 0);
});

test("fails a call whose method does not serialize the request to a Buffer", async () => {
  await using peer = await listenHttp2((stream) => stream.close());
  await using client = new UncheckedClient(peer.address);
  await assert.rejects(client.callWithoutSerializing("abc"), {
    status: "INTERNAL",
    details: /^failed to serialize the request: requestSerialize of .* must return a Buffer, not "abc"$/,
  });
  assert.equal(peer.accepted, 0);
});

test("rejects a service name that is not a string", async () => {
  await using client = new EchoClient("127.0.0.1:1");
  const expected = { name: "TypeError", message: /^service must be a string, not 5$/ };
  await assert.rejects(client.checkHealth(5 as unknown as string), expected);
  await assert.rejects(client.watchHealth(5 as unknown as string).next(), expected);
});
