import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { after, before, test } from "node:test";
import { type Certificate, createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { EchoResponse, EchoService } from "@hello/testing/echo";
import { message } from "@hello/testing/http2-frames";
import { serveEcho } from "../../test/echo-server.js";
import { deferred } from "../../test/streaming-client.js";
import type { ServerCall } from "../calls/server-call.js";

let certificates: TestCertificates;
let client: Certificate;
before(async () => {
  certificates = await createCertificates();
  client = await certificates.ca.issue("billing", { uris: ["spiffe://example.org/billing"] });
});
after(() => certificates[Symbol.asyncDispose]());

/** Opens a call over mutual TLS whose handler has not read the identity yet. */
async function openCall() {
  const called = deferred();
  let call: ServerCall | undefined;
  const { certFile, keyFile } = certificates.server;
  const server = await serveEcho(
    {
      unary(_request, serverCall) {
        call = serverCall;
        called.resolve();
        return new Promise<EchoResponse>((resolve) => {
          serverCall.signal.addEventListener("abort", () => resolve(new EchoResponse()));
        });
      },
    },
    { addresses: ["localhost:0"], tls: { certFile, keyFile, clientCaFile: certificates.ca.certFile } },
  );
  const session = connect(`https://localhost:${server.address.replace(/.*:/, "")}`, {
    ca: certificates.ca.cert,
    cert: client.cert,
    key: client.key,
  });
  session.on("error", () => {
    // The test breaks the connection.
  });
  const stream = session.request({
    ":method": "POST",
    ":path": EchoService.unary.path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.on("error", () => {
    // The test breaks the connection.
  });
  stream.end(message(Buffer.of()));
  await called.promise;
  assert.ok(call);
  return { server, session, stream, call, localPort: session.socket.localPort };
}

for (const [end, disconnect] of [
  ["reset its stream", ({ stream }: Awaited<ReturnType<typeof openCall>>) => stream.close(8)],
  ["closed its connection", ({ session }: Awaited<ReturnType<typeof openCall>>) => session.destroy()],
] as const) {
  test(`keeps the identity and the address of a client that has ${end}`, async () => {
    const opened = await openCall();
    const { server, session, call, localPort } = opened;
    const aborted = once(call.signal, "abort");
    disconnect(opened);
    await aborted;
    assert.equal(call.peerIdentity?.spiffeId, "spiffe://example.org/billing");
    assert.match(call.peer, new RegExp(`:${localPort}$`));
    session.destroy();
    await server[Symbol.asyncDispose]();
  });
}
