import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import type { ServerWritableStream } from "@grpc/grpc-js";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { listen } from "@hello/testing/peer";
import { EchoClient } from "../test/echo-client.js";
import { echo, serve } from "../test/test-server.js";
import { type CallOptions, ClientChannel, ServiceClient } from "./index.js";

test("shares one connection between the clients of a channel", async () => {
  const peers = new Set<string>();
  await using server = await serve({
    handler: (call, callback) => {
      peers.add(call.getPeer());
      echo(call, callback);
    },
  });
  await using channel = new ClientChannel(server.target);
  await using first = new EchoClient(channel);
  await using second = new EchoClient(channel);
  await Promise.all([first.echo("a"), second.echo("b")]);
  assert.equal(peers.size, 1);
  assert.equal(channel.target, server.target);
});

test("leaves a shared channel open when one of its clients is closed", async () => {
  await using server = await serve();
  await using channel = new ClientChannel(server.target);
  const closed = new EchoClient(channel);
  await using open = new EchoClient(channel);
  closed.close();
  await assert.rejects(closed.echo("a"), { status: "CANCELLED", details: "the client is closed" });
  assert.equal(await open.echo("b"), "b");
});

test("rejects the calls of every client of a closed channel", async () => {
  await using server = await serve();
  const channel = new ClientChannel(server.target);
  const client = new EchoClient(channel);
  channel.close();
  await assert.rejects(client.echo("a"), { status: "CANCELLED" });
  await assert.rejects(channel.connect(), { status: "CANCELLED" });
});

test("rejects a pending connect() when the channel is closed", async () => {
  const server = createServer();
  await using peer = await listen(server);
  for (const event of [Promise.resolve(), once(server, "connection")]) {
    const channel = new ClientChannel(peer.address);
    const connected = assert.rejects(channel.connect(), { status: "CANCELLED", details: "the client is closed" });
    await event;
    channel.close();
    await connected;
  }
});

test("rejects the target of a channel if it is not a string", () => {
  assert.throws(() => new ClientChannel(undefined as unknown as string), {
    name: "TypeError",
    message: /^invalid target undefined: /,
  });
});

test("rejects options passed with a channel", async () => {
  await using channel = new ClientChannel("127.0.0.1:1");
  assert.throws(() => new EchoClient(channel, { timeoutMs: 1 }), {
    name: "TypeError",
    message: /set them on the channel/,
  });
});

test("connect() on a channel returns a client of the subclass", async () => {
  await using server = await serve();
  await using channel = new ClientChannel(server.target);
  await using client: EchoClient = await EchoClient.connect(channel);
  assert.equal(await client.echo("a"), "a");
});

test("leaves a shared channel open when connect() fails", async () => {
  await using channel = new ClientChannel("127.0.0.1:1");
  await assert.rejects(EchoClient.connect(channel), { status: "UNAVAILABLE" });
  await assert.rejects(new EchoClient(channel).echo("a"), { status: "UNAVAILABLE" });
});

test("calls a method that google-protobuf did not generate", async () => {
  const textMethod = {
    path: "/testing.v1.Echo/Unary",
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  };
  class BytesClient extends ServiceClient {
    echo(bytes: Buffer, options?: CallOptions): Promise<Buffer> {
      return this.unary(textMethod, bytes, options);
    }
  }
  await using server = await serve();
  await using client = new BytesClient(server.target);
  assert.deepEqual(await client.echo(Buffer.from([10, 1, 97])), Buffer.from([10, 1, 97]));
});

test("rejects a request with a lone surrogate before sending it", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target);
  await assert.rejects(client.echo("\ud800"), { status: "INTERNAL", details: /^failed to serialize the request: / });
  assert.equal(server.calls.length, 0);
});

test("yields the responses of a server stream", async () => {
  const { serverStream } = EchoService;
  const handler = (call: ServerWritableStream<EchoRequest, EchoResponse>) => {
    for (let index = 0; index < call.request.getCount(); index += 1) {
      call.write(new EchoResponse().setValue(`${call.request.getValue()}${index}`));
    }
    call.end();
  };
  await using server = await serve({ services: [[{ serverStream }, { serverStream: handler }]] });
  await using client = new EchoClient(server.target);
  const values: string[] = [];
  for await (const value of client.echoStream("a", 3)) {
    values.push(value);
  }
  assert.deepEqual(values, ["a0", "a1", "a2"]);
});

test("rejects a method of the wrong kind", async () => {
  class WrongClient extends ServiceClient {
    asUnary() {
      return this.unary(EchoService.serverStream, new EchoRequest());
    }
    asStream() {
      return this.serverStream(EchoService.unary, new EchoRequest());
    }
  }
  await using client = new WrongClient("127.0.0.1:1");
  const message =
    "/testing.v1.Echo/ServerStream takes one request and returns a stream of responses: call it with serverStream()";
  await assert.rejects(client.asUnary(), { name: "TypeError", message });
  await assert.rejects(client.asStream().next(), {
    name: "TypeError",
    message: /Unary takes one request and returns one response: call it with unary\(\)$/,
  });
});
