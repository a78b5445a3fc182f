import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { HelloClient, type HelloClientOptions, type ReceivedMetadata, RpcError } from "@hello/client";
import type { CertificateFiles } from "@hello/grpc-server";
import { createHelloServer, type HelloServerOptions } from "@hello/server";
import { createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { requires } from "@hello/testing/requires";
import { type Backend, startBackend } from "./backend.js";
import { type CallLoad, startLoad } from "./call-load.js";
import { Disposables } from "./disposables.js";
import { type ProxyName, type ProxyOptions, type ProxyProcess, startProxy } from "./proxy-process.js";
import { startRelay } from "./tcp-relay.js";

/** Connection from the proxy to the server: in plain text or over TLS. */
const upstreams = ["plain", "tls"] as const;

for (const name of ["haproxy", "nginx"] satisfies ProxyName[]) {
  const { program, skip } = requires(name);

  describe(`${name}, which terminates TLS`, { skip, timeout: 120_000 }, () => {
    let certificates: TestCertificates;
    let hello: Pick<ProxyOptions, "plain" | "tls">;
    let backend: Backend;
    let helloProxy: ProxyProcess;
    let backendProxy: ProxyProcess;

    const resources = new Disposables();

    before(async () => {
      certificates = resources.use(await createCertificates());
      const { certFile, keyFile } = certificates.server;
      const [plain, tls] = await Promise.all([startHello(), startHello({ certFile, keyFile })]);
      hello = { plain: resources.use(plain).address, tls: resources.use(tls).address };
      backend = resources.use(await startBackend(certificates.server));
      helloProxy = resources.use(await startProxy(name, { program, certificates, ...hello }));
      backendProxy = resources.use(await startProxy(name, { program, certificates, ...backend }));
    });

    after(() => resources.disposeAll());

    const createClient = (target: string, options: HelloClientOptions = {}) =>
      new HelloClient(target, { tls: { ca: certificates.ca.cert }, timeoutMs: 30_000, ...options });

    for (const kind of upstreams) {
      describe(`calls the server ${kind === "tls" ? "over TLS" : "in plain text"}`, () => {
        test("greets names of any kind, up to 1 MiB", async () => {
          await using client = createClient(helloProxy[kind]);
          const long = "é".repeat(2 ** 19);
          for (const text of ["World", "", "世界 👩🏽‍🚀", "\0", long]) {
            assert.ok((await client.hello(text)) === `Hello ${text}`);
          }
          // HAProxy 2.6 loses the trailers of several large responses at a time, or stalls, with bare grpc-js too.
          const parallel = name === "haproxy" ? 1 : 4;
          const many = await Promise.all(Array.from({ length: parallel }, () => client.hello(long)));
          assert.ok(many.every((greeting) => greeting === `Hello ${long}`));
        });

        test("checks and watches the health of the server", async () => {
          await using client = createClient(helloProxy[kind]);
          assert.equal(await client.checkHealth("Hello"), "SERVING");
          for await (const status of client.watchHealth("Hello")) {
            assert.equal(status, "SERVING");
            break;
          }
        });

        test("passes text and binary metadata on in both directions", async () => {
          await using client = createClient(backendProxy[kind]);
          const bytes = new Uint8Array([0, 255, 10, 13]);
          const sent = { "x-text": ["one", "two"], "x-bytes-bin": bytes };
          const arrived: ReceivedMetadata[] = [];
          const collect = (received: ReceivedMetadata) => arrived.push(received);
          await client.hello("echo", { metadata: sent, onMetadata: collect, onTrailers: collect });
          assert.equal(arrived.length, 2);
          for (const received of arrived) {
            // A proxy may join several values with commas: RFC 9110, section 5.3.
            assert.equal(received["x-text"]?.join(", "), "one, two");
            assert.deepEqual(received["x-bytes-bin"], [Buffer.from(bytes)]);
          }
        });

        test("passes a failure on with its status, details and metadata", async () => {
          await using client = createClient(backendProxy[kind]);
          await assert.rejects(client.hello("fail"), (error) => {
            assert.ok(error instanceof RpcError);
            assert.deepEqual([error.status, error.details], ["FAILED_PRECONDITION", "no, for 世界"]);
            assert.deepEqual(error.metadata["x-reason-bin"], [Buffer.from([1, 2, 3])]);
            return true;
          });
        });

        test("passes the deadline on to the server, and ends the call on both sides", async () => {
          await using client = createClient(backendProxy[kind]);
          await client.hello("World");
          const start = Date.now();
          const failed = client.hello("wait", { timeoutMs: 1_000 });
          const call = await backend.nextWaitingCall();
          const remaining = call.deadline - start;
          assert.ok(remaining > 0 && remaining < 2_000, `${remaining} ms`);
          await assert.rejects(failed, { status: "DEADLINE_EXCEEDED" });
          assert.ok(Date.now() - start >= 990);
          await call.cancelled;
        });

        test("passes a cancellation on to the server", async () => {
          await using client = createClient(backendProxy[kind]);
          const controller = new AbortController();
          const failed = client.hello("wait", { signal: controller.signal });
          const call = await backend.nextWaitingCall();
          controller.abort();
          await assert.rejects(failed, { status: "CANCELLED" });
          const start = performance.now();
          await call.cancelled;
          assert.ok(performance.now() - start < 5_000);
          // The connection to the proxy must stay usable.
          assert.equal(await client.hello("World"), "Hello World");
        });
      });
    }

    test("fails a call when the client does not trust the proxy's certificate", async () => {
      await using client = createClient(helloProxy.plain, {
        tls: { ca: certificates.untrusted.ca.cert },
        retry: false,
      });
      await assert.rejects(client.hello("World"), { status: "UNAVAILABLE" });
    });

    test("fails a call with UNAVAILABLE when the server is gone", async () => {
      const closedPort = "127.0.0.1:1";
      await using proxy = await startProxy(name, { program, certificates, plain: closedPort, tls: closedPort });
      await using client = createClient(proxy.plain);
      await assert.rejects(client.hello("World"), { status: "UNAVAILABLE" });
    });

    test("loses no call when the proxy closes an idle connection", async () => {
      await using proxy = await startProxy(name, { program, certificates, ...hello, idleMs: 1_000 });
      await using relay = await startRelay(proxy.plain);
      await using client = createClient(`localhost:${relay.port}`, { retry: false });
      for (let round = 1; round <= 3; round += 1) {
        assert.equal(await client.hello("World"), "Hello World");
        assert.equal(relay.accepted, round);
        // The proxy closes this connection later than the client's, which became idle first.
        const witness = connect(`https://${proxy.plain}`, { ca: certificates.ca.cert });
        witness
          .request()
          .on("error", () => undefined)
          .end();
        await once(witness, "close");
      }
    });

    test("loses no call made while the proxy closes the idle connection", async () => {
      await using proxy = await startProxy(name, { program, certificates, ...hello, idleMs: 250 });
      await using relay = await startRelay(proxy.plain);
      await using client = createClient(`localhost:${relay.port}`);
      for (let pauseMs = 240; pauseMs < 260; pauseMs += 0.5) {
        assert.equal(await client.hello("World"), "Hello World");
        await setTimeout(pauseMs);
      }
      assert.ok(relay.accepted > 5, `${relay.accepted} connections`);
    });
  });
}

const nginx = requires("nginx");
test("loses no call when nginx closes each connection after a number of calls", { skip: nginx.skip }, async () => {
  await using certificates = await createCertificates();
  await using server = await startHello();
  const { program } = nginx;
  const { address } = server;
  const options = { program, certificates, plain: address, tls: address, connectionCalls: 10 };
  await using proxy = await startProxy("nginx", options);
  await using relay = await startRelay(proxy.plain);
  await using client = new HelloClient(`localhost:${relay.port}`, {
    tls: { ca: certificates.ca.cert },
    timeoutMs: 30_000,
  });
  let calls = 0;
  const caller = async () => {
    while (calls < 400) {
      calls += 1;
      assert.equal(await client.hello("World"), "Hello World");
    }
  };
  await Promise.all(Array.from({ length: 16 }, caller));
  assert.ok(relay.accepted >= 20, `${relay.accepted} connections`);
});

for (const kind of upstreams) {
  describe(`nginx, which calls the server ${kind === "tls" ? "over TLS" : "in plain text"}`, {
    skip: nginx.skip,
  }, () => {
    const callers = 16;

    async function startUnderLoad(t: TestContext, options?: HelloServerOptions) {
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

    async function assertNoLostCalls(t: TestContext, load: CallLoad): Promise<void> {
      await load.stop();
      t.diagnostic(`${load.failures.length} of ${load.succeeded + load.failures.length} calls lost`);
      assert.equal(load.failures.length, 0, String(load.failures[0]));
    }

    test("loses no call when connections reach their maximum age", async (t) => {
      const { relay, load } = await startUnderLoad(t, { maxConnectionAgeMs: 300 });
      while (relay.accepted < 4 * callers) {
        await load.waitForCalls(callers);
      }
      await assertNoLostCalls(t, load);
    });

    test("loses no call when servers are replaced", async (t) => {
      const { start, relay, load, ...first } = await startUnderLoad(t);
      let { server } = first;
      for (let round = 0; round < 4; round++) {
        await load.waitForCalls(10 * callers);
        const old = server;
        server = await start();
        relay.target = server.address;
        await old[Symbol.asyncDispose]();
      }
      await assertNoLostCalls(t, load);
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
