import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http2";
import { test } from "node:test";
import { ServerCredentials } from "@grpc/grpc-js";
import { createCertificates } from "@hello/testing/certificates";
import { listen } from "@hello/testing/peer";
import { deferred } from "../../test/deferred.js";
import { EchoClient } from "../../test/echo-client.js";
import { echo, serve } from "../../test/test-server.js";
import type { ClientOptions } from "../index.js";

const keepalive = { keepaliveTimeMs: 50, retry: false, timeoutMs: 60_000 } satisfies ClientOptions;

/** Starts a client, and resolves once it has pinged its server three times. */
async function threePings(): Promise<void> {
  const server = createServer();
  await using peer = await listen(server);
  await using client = new EchoClient(peer.address, keepalive);
  const call = client.echo("World");
  const [session] = await once(server, "session");
  for (let pings = 0; pings < 3; pings++) {
    await once(session, "ping");
  }
  session.destroy();
  await assert.rejects(call);
}

for (const tls of [false, true]) {
  test(`keeps a call open while keepalive pings run on a draining connection, ${tls ? "over TLS" : "in plain text"}`, async () => {
    await using certificates = await createCertificates();
    const { ca, server: pair } = certificates;
    const started = deferred();
    const finish = deferred();
    await using server = await serve({
      ...(tls && {
        credentials: ServerCredentials.createSsl(null, [
          { cert_chain: Buffer.from(pair.cert), private_key: Buffer.from(pair.key) },
        ]),
      }),
      handler: async (call, callback) => {
        started.resolve();
        await finish.promise;
        echo(call, callback);
      },
    });
    const target = server.target.replace("127.0.0.1", "localhost");
    await using client = new EchoClient(target, { ...keepalive, tls: tls && { ca: ca.cert } });
    const call = client.echo("World");
    await started.promise;
    server.server.tryShutdown(() => undefined);
    // By then, this client has sent pings too.
    await Promise.race([call, threePings()]);
    finish.resolve();
    assert.equal(await call, "World");
  });
}
