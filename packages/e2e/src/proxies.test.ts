import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { connect as connectTcp, createServer } from "node:net";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { HelloClient, type HelloClientOptions, type ReceivedMetadata, RpcError } from "@hello/client";
import type { CertificateFiles } from "@hello/grpc-server";
import { createHelloServer, type HelloServerOptions } from "@hello/server";
import { createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { listen, type Peer } from "@hello/testing/peer";
import { requires } from "@hello/testing/requires";
import { type Backend, startBackend } from "./backend.js";
import { type CallLoad, startLoad } from "./call-load.js";
import { type ProxyName, type ProxyOptions, type ProxyProcess, startProxy } from "./proxy-process.js";
import { startRelay } from "./tcp-relay.js";

const behind = ["plain", "tls"] as const;

for (const name of ["haproxy", "nginx"] satisfies ProxyName[]) {
  const { program, skip } = requires(name);

  describe(`through ${name}, with TLS at it`, { skip, timeout: 120_000 }, () => {
    let certificates: TestCertificates;
    let hello: Pick<ProxyOptions, "plain" | "tls">;
    let backend: Backend;
    let helloProxy: ProxyProcess;
    let backendProxy: ProxyProcess;

    const running: AsyncDisposable[] = [];
    const use = <Resource extends AsyncDisposable>(resource: Resource): Resource => {
      running.unshift(resource);
      return resource;
    };

    before(async () => {
      certificates = use(await createCertificates());
      const { certFile, keyFile } = certificates.server;
      const [plain, tls] = await Promise.all([startHello(), startHello({ certFile, keyFile })]);
      hello = { plain: use(plain).address, tls: use(tls).address };
      backend = use(await startBackend(certificates.server));
      helloProxy = use(await startProxy(name, { program, certificates, ...hello }));
      backendProxy = use(await startProxy(name, { program, certificates, ...backend }));
    });

    after(async () => {
      for (const resource of running) {
        await resource[Symbol.asyncDispose]();
      }
    });

    const clientOf = (target: string, options: HelloClientOptions = {}) =>
      new HelloClient(target, { tls: { ca: certificates.ca.cert }, timeoutMs: 30_000, ...options });

    for (const kind of behind) {
      describe(`and ${kind === "tls" ? "TLS" : "plain text"} behind`, () => {
        test("names of any kind are greeted, be they 1 MiB long", async () => {
          await using client = clientOf(helloProxy[kind]);
          const long = "é".repeat(2 ** 19);
          for (const text of ["World", "", "世界 👩🏽‍🚀", "\0", long]) {
            assert.ok((await client.hello(text)) === `Hello ${text}`);
          }
          const many = await Promise.all(Array.from({ length: 16 }, () => client.hello(long)));
          assert.ok(many.every((greeting) => greeting === `Hello ${long}`));
        });

        test("the health of the server and its changes come through", async () => {
          await using client = clientOf(helloProxy[kind]);
          assert.equal(await client.checkHealth("Hello"), "SERVING");
          for await (const status of client.watchHealth("Hello")) {
            assert.equal(status, "SERVING");
            break;
          }
        });

        test("metadata arrives in both directions, bytes too", async () => {
          await using client = clientOf(backendProxy[kind]);
          const bytes = new Uint8Array([0, 255, 10, 13]);
          const sent = { "x-text": ["one", "two"], "x-bytes-bin": bytes };
          const arrived: ReceivedMetadata[] = [];
          const keep = (received: ReceivedMetadata) => arrived.push(received);
          await client.hello("echo", { metadata: sent, onMetadata: keep, onTrailers: keep });
          assert.equal(arrived.length, 2);
          for (const received of arrived) {
            // A list may arrive as one value, with commas: RFC 9110, section 5.3.
            assert.equal(received["x-text"]?.join(", "), "one, two");
            assert.deepEqual(received["x-bytes-bin"], [Buffer.from(bytes)]);
          }
        });

        test("a failure arrives with its status, text and metadata", async () => {
          await using client = clientOf(backendProxy[kind]);
          await assert.rejects(client.hello("fail"), (error) => {
            assert.ok(error instanceof RpcError);
            assert.deepEqual([error.status, error.details], ["FAILED_PRECONDITION", "no, for 世界"]);
            assert.deepEqual(error.metadata["x-reason-bin"], [Buffer.from([1, 2, 3])]);
            return true;
          });
        });

        test("a deadline reaches the server, and ends the call on both sides", async () => {
          await using client = clientOf(backendProxy[kind]);
          await client.hello("World");
          const began = Date.now();
          const failed = client.hello("wait", { timeoutMs: 1_000 });
          const call = await backend.nextWaitingCall();
          const left = call.deadline - began;
          assert.ok(left > 0 && left < 2_000, `${left} ms`);
          await assert.rejects(failed, { status: "DEADLINE_EXCEEDED" });
          assert.ok(Date.now() - began >= 990);
          await call.cancelled;
        });

        test("a cancellation reaches the server", async () => {
          await using client = clientOf(backendProxy[kind]);
          const controller = new AbortController();
          const failed = client.hello("wait", { signal: controller.signal });
          const call = await backend.nextWaitingCall();
          controller.abort();
          await assert.rejects(failed, { status: "CANCELLED" });
          const began = performance.now();
          await call.cancelled;
          assert.ok(performance.now() - began < 5_000);
          // The connection to the proxy is none the worse for it.
          assert.equal(await client.hello("World"), "Hello World");
        });
      });
    }

    test("a certificate of the proxy that the client does not trust ends the call", async () => {
      await using client = clientOf(helloProxy.plain, { tls: { ca: certificates.other.ca.cert }, retry: false });
      await assert.rejects(client.hello("World"), { status: "UNAVAILABLE" });
    });

    test("a server that is gone is UNAVAILABLE", async () => {
      const gone = "127.0.0.1:1";
      await using proxy = await startProxy(name, { program, certificates, plain: gone, tls: gone });
      await using client = clientOf(proxy.plain);
      await assert.rejects(client.hello("World"), { status: "UNAVAILABLE" });
    });

    test("an idle connection that the proxy cuts costs no call", async () => {
      await using proxy = await startProxy(name, { program, certificates, ...hello, idleMs: 200 });
      await using counter = await countConnections(proxy.plain);
      await using client = clientOf(`localhost:${counter.port}`, { retry: false });
      for (let round = 1; round <= 3; round += 1) {
        assert.equal(await client.hello("World"), "Hello World");
        assert.equal(counter.accepted, round);
        // What is idle later than the client's connection is cut later.
        const witness = connect(`https://${proxy.plain}`, { ca: certificates.ca.cert });
        witness
          .request()
          .on("error", () => undefined)
          .end();
        await once(witness, "close");
      }
    });

    test("a call in the moment of the cut is not lost", async () => {
      await using proxy = await startProxy(name, { program, certificates, ...hello, idleMs: 50 });
      await using counter = await countConnections(proxy.plain);
      await using client = clientOf(`localhost:${counter.port}`);
      for (let pauseMs = 40; pauseMs < 60; pauseMs += 0.5) {
        assert.equal(await client.hello("World"), "Hello World");
        await setTimeout(pauseMs);
      }
      assert.ok(counter.accepted > 5, `${counter.accepted} connections`);
    });
  });
}

const nginx = requires("nginx");
test("nginx ends each connection after so many calls, and none is lost", { skip: nginx.skip }, async () => {
  await using certificates = await createCertificates();
  await using server = await startHello();
  const { program } = nginx;
  const { address } = server;
  const options = { program, certificates, plain: address, tls: address, connectionCalls: 50 };
  await using proxy = await startProxy("nginx", options);
  await using counter = await countConnections(proxy.plain);
  await using client = new HelloClient(`localhost:${counter.port}`, {
    tls: { ca: certificates.ca.cert },
    timeoutMs: 30_000,
  });
  let asked = 0;
  const caller = async () => {
    while (asked < 2_000) {
      asked += 1;
      assert.equal(await client.hello("World"), "Hello World");
    }
  };
  await Promise.all(Array.from({ length: 16 }, caller));
  assert.ok(counter.accepted >= 20, `${counter.accepted} connections`);
});

for (const kind of behind) {
  describe(`nginx with ${kind === "tls" ? "TLS" : "plain text"} behind`, { skip: nginx.skip }, () => {
    const callers = 16;

    async function startLoaded(t: TestContext, options?: HelloServerOptions) {
      const certificates = await createCertificates();
      const { certFile, keyFile } = certificates.server;
      const start = async () => {
        const server = await startHello(kind === "tls" ? { certFile, keyFile } : undefined, options);
        t.after(() => server[Symbol.asyncDispose]());
        return server;
      };
      const server = await start();
      const relay = await startRelay(server.address);
      const { program } = nginx;
      const proxy = await startProxy("nginx", { program, certificates, plain: relay.address, tls: relay.address });
      const tls = { ca: certificates.ca.cert };
      const client = new HelloClient(proxy[kind], { tls, timeoutMs: 30_000, retry: false });
      const load = startLoad(client, { callers });
      t.after(async () => {
        for (const resource of [load, client, proxy, relay, certificates]) {
          await resource[Symbol.asyncDispose]();
        }
      });
      return { start, server, relay, load };
    }

    async function assertNoneLost(t: TestContext, load: CallLoad): Promise<void> {
      await load.stop();
      t.diagnostic(`${load.failures.length} of ${load.succeeded + load.failures.length} calls lost`);
      assert.equal(load.failures.length, 0, String(load.failures[0]));
    }

    test("loses no call when connections are too old", async (t) => {
      const { relay, load } = await startLoaded(t, { maxConnectionAgeMs: 300 });
      while (relay.accepted < 4 * callers) {
        await load.waitForCalls(callers);
      }
      await assertNoneLost(t, load);
    });

    test("loses no call when servers are replaced", async (t) => {
      const { start, relay, load, ...first } = await startLoaded(t);
      let { server } = first;
      for (let round = 0; round < 4; round++) {
        await load.waitForCalls(10 * callers);
        const old = server;
        server = await start();
        relay.target = server.address;
        await old[Symbol.asyncDispose]();
      }
      await assertNoneLost(t, load);
    });
  });
}

/** Serves Hello in this process. */
async function startHello(
  tls?: CertificateFiles,
  options: HelloServerOptions = {},
): Promise<AsyncDisposable & { readonly address: string }> {
  const server = createHelloServer({ addresses: ["127.0.0.1:0"], ...options, ...(tls && { tls }) });
  const [address = ""] = await server.start();
  return { address, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** Stands before a proxy and counts the connections that it hands on. */
async function countConnections(target: string): Promise<Peer> {
  const [, port] = target.split(":");
  const server = createServer((client) => {
    const proxy = connectTcp(Number(port), "127.0.0.1");
    // Either side may break off, and then so does the other.
    proxy.on("error", () => client.destroy());
    client.on("error", () => proxy.destroy());
    client.pipe(proxy).pipe(client);
  });
  return await listen(server);
}
