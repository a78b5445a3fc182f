import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { listen } from "@hello/testing/peer";
import { EchoClient } from "../../test/echo-client.js";
import { serve } from "../../test/test-server.js";

const options = { retry: false, channelOptions: { "grpc.enable_http_proxy": 1 } } as const;

/** Starts a proxy that connects to the loopback interface, and sets it in the environment. Returns its requests. */
async function startProxy(t: TestContext, variables: Record<string, string> = {}): Promise<string[]> {
  const requests: string[] = [];
  const server = createServer().on("connect", (request, socket) => {
    requests.push(`${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
    const upstream = connect(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(upstream).pipe(socket);
    });
    for (const one of [socket, upstream]) {
      one.on("error", () => undefined).on("close", () => [socket, upstream].forEach((each) => void each.destroy()));
    }
  });
  const peer = await listen(server);
  const env = { http_proxy: `http://me:secret@${peer.address}`, ...variables };
  const before = { ...process.env };
  Object.assign(process.env, env);
  t.after(async () => {
    for (const name of Object.keys(env)) {
      delete process.env[name];
    }
    Object.assign(process.env, before);
    await peer[Symbol.asyncDispose]();
  });
  return requests;
}

const authorization = `Basic ${Buffer.from("me:secret").toString("base64")}`;

test("requests a name from the proxy, and sends the name to the server as its authority", async (t) => {
  await using server = await serve();
  const requests = await startProxy(t, { no_proxy: "example.com," });
  const target = server.target.replace("127.0.0.1", "server.test");
  await using client = new EchoClient(`dns:///${target}`, { ...options, tls: false });
  assert.equal(await client.echo("World"), "World");
  assert.deepEqual(requests, [`${target} ${authorization}`]);
  assert.equal(server.calls[0]?.getHost(), target);
});

test("requests each address of a list from the proxy", async (t) => {
  await using first = await serve();
  await using second = await serve();
  const requests = await startProxy(t);
  await using client = await EchoClient.connect(`ipv4:${first.target},${second.target}`, options);
  while (first.calls.length === 0 || second.calls.length === 0) {
    assert.equal(await client.echo("World"), "World");
  }
  assert.deepEqual(requests.toSorted(), [first, second].map(({ target }) => `${target} ${authorization}`).toSorted());
});

test("connects directly to addresses in no_proxy", async (t) => {
  await using server = await serve();
  const requests = await startProxy(t, { no_proxy: "example.com, 127.0.0.0/8" });
  for (const target of [server.target, `ipv4:${server.target}`]) {
    await using client = new EchoClient(target, options);
    assert.equal(await client.echo("World"), "World");
  }
  assert.deepEqual(requests, []);
});
