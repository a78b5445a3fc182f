import assert from "node:assert/strict";
import { createServer as createHttpServer } from "node:http";
import { createSecureServer, type ServerHttp2Stream } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { listen, listenHttp2, type Peer } from "@hello/testing/peer";
import { EchoClient } from "../../test/echo-client.js";
import { RpcError } from "../errors/rpc-error.js";
import type { ClientOptions } from "../index.js";

let certificates: TestCertificates;
before(async () => {
  certificates = await createCertificates();
});
after(() => certificates[Symbol.asyncDispose]());

const timeoutMs = 1_000;
/** Time that a call may take beyond its deadline on a busy machine. */
const slackMs = 2_000;
/** Length-prefixed response with the value "Hi". */
const message = Buffer.from([0, 0, 0, 0, 4, 10, 2, 72, 105]);
const headers = { ":status": 200, "content-type": "application/grpc" };

interface Case {
  readonly peer: () => Promise<Peer>;
  readonly options?: () => ClientOptions;
  /** Expected status and details. */
  readonly error: readonly [status: string, details: RegExp];
  /** True if the call ends before its deadline. */
  readonly atOnce?: boolean;
}

const http2 = (onStream: (stream: ServerHttp2Stream) => void) => () => listenHttp2(onStream);
const tls = () => ({ tls: { ca: certificates.ca.cert } });

const cases: Readonly<Record<string, Case>> = {
  "a port without a server": {
    peer: async () => {
      const peer = await listen(createServer());
      await peer[Symbol.asyncDispose]();
      return { ...peer, async [Symbol.asyncDispose]() {} };
    },
    error: ["UNAVAILABLE", /^no connection: connect ECONNREFUSED 127\.0\.0\.1:\d+$/],
    atOnce: true,
  },
  "a peer that accepts the connection and stays silent": {
    peer: () => listen(createServer()),
    error: ["DEADLINE_EXCEEDED", /^no connection within 1000 ms: the peer does not respond or does not speak/],
  },
  "a silent peer, with TLS": {
    peer: () => listen(createServer()),
    options: tls,
    error: ["DEADLINE_EXCEEDED", /^no connection within 1000 ms: the peer does not respond or does not speak/],
  },
  "a peer that closes the connection": {
    peer: () => listen(createServer((socket) => socket.destroy())),
    error: [
      "UNAVAILABLE",
      /^no connection: Failed to connect \(the peer closed the connection; it may expect TLS or another client certificate\)$/,
    ],
    atOnce: true,
  },
  "a server that sends SETTINGS and then nothing": {
    peer: http2(() => {}),
    error: ["DEADLINE_EXCEEDED", /^127\.0\.0\.1:\d+ did not respond within 1000 ms$/],
  },
  "a server that sends headers but no message": {
    peer: http2((stream) => stream.respond(headers)),
    error: ["DEADLINE_EXCEEDED", /^127\.0\.0\.1:\d+ sent headers but no message within 1000 ms$/],
  },
  "a server that sends half a message": {
    peer: http2((stream) => {
      stream.respond(headers);
      stream.write(message.subarray(0, 7));
    }),
    error: ["DEADLINE_EXCEEDED", /^127\.0\.0\.1:\d+ sent headers but no message within 1000 ms$/],
  },
  "a server that sends a message but no trailers": {
    peer: http2((stream) => {
      stream.respond(headers);
      stream.write(message);
    }),
    error: ["DEADLINE_EXCEEDED", /^127\.0\.0\.1:\d+ sent a message but did not end the call within 1000 ms$/],
  },
  "a server that sends two messages": {
    peer: http2((stream) => {
      stream.respond(headers, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.write(message);
      stream.end(message);
    }),
    error: ["UNIMPLEMENTED", /^the server sent more than one message$/],
    atOnce: true,
  },
  "a server that sends OK without a message": {
    peer: http2((stream) => stream.respond({ ...headers, "grpc-status": "0" }, { endStream: true })),
    error: ["UNIMPLEMENTED", /^the server sent no message$/],
    atOnce: true,
  },
  "a server that sends malformed protobuf": {
    peer: http2((stream) => {
      stream.respond(headers, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 10, 9]));
    }),
    error: ["INTERNAL", /^failed to deserialize the response: /],
    atOnce: true,
  },
  "a server that uses an unknown compression": {
    peer: http2((stream) => {
      stream.respond({ ...headers, "grpc-encoding": "br" });
      stream.write(Buffer.from([1, 0, 0, 0, 1, 0]));
    }),
    error: ["INTERNAL", /^failed to decompress the response$/],
    atOnce: true,
  },
  "a server that ends the call without a status": {
    peer: http2((stream) => {
      stream.respond(headers);
      stream.end();
    }),
    error: ["INTERNAL", /^the server ended the call without a status$/],
    atOnce: true,
  },
  "a server that closes the connection during the call": {
    peer: http2((stream) => stream.session?.destroy()),
    error: ["UNAVAILABLE", /^the connection was lost during the call$/],
    atOnce: true,
  },
  "a server that sends an invalid status": {
    peer: http2((stream) =>
      stream.respond({ ...headers, "grpc-status": "99", "grpc-message": "?" }, { endStream: true }),
    ),
    error: ["UNKNOWN", /^\?$/],
    atOnce: true,
  },
  "an HTTP/2 web server": {
    peer: http2((stream) => {
      stream.respond({ ":status": 200, "content-type": "text/html" });
      stream.end("<html>");
    }),
    error: ["RESOURCE_EXHAUSTED", /the peer is not a gRPC server: it sent the content type "text\/html"$/],
    atOnce: true,
  },
  "a proxy without a server behind it": {
    peer: http2((stream) => stream.respond({ ":status": 502 }, { endStream: true })),
    error: ["UNAVAILABLE", /^the peer responded with HTTP status 502; it may be a proxy or a web server$/],
    atOnce: true,
  },
  "an HTTP/1 server": {
    peer: () => listen(createHttpServer((_, response) => response.end("hi"))),
    error: [
      "UNAVAILABLE",
      /^no connection: Protocol error \(the peer does not speak HTTP\/2; it may be an HTTP\/1 server\)$/,
    ],
    atOnce: true,
  },
  "an HTTP/1 server with TLS": {
    peer: () => listen(createHttpsServer(certificates.server, (_, response) => response.end("hi"))),
    options: tls,
    error: ["UNAVAILABLE", /^no connection: .*no application protocol \(the server speaks TLS but not HTTP\/2\)$/],
    atOnce: true,
  },
  "a TLS server called in plain text": {
    peer: () => listen(createSecureServer(certificates.server)),
    error: [
      "UNAVAILABLE",
      /^no connection: .* \(the peer closed the connection; it may expect TLS or another client certificate\)$/,
    ],
    atOnce: true,
  },
  "a plain-text server called with TLS": {
    peer: http2(() => {}),
    options: tls,
    error: [
      "UNAVAILABLE",
      /^no connection: .*(wrong version number|packet length too long).* \(the server does not speak TLS; remove tls\)$/,
    ],
    atOnce: true,
  },
  "a TLS server with an untrusted certificate": {
    peer: () => listen(createSecureServer(certificates.untrusted.server)),
    options: tls,
    error: ["UNAVAILABLE", /^no connection: .*certificate.* \(set tls\.ca to the CA that signed the server's/],
    atOnce: true,
  },
  "a TLS server whose certificate has another name": {
    peer: () => listen(createSecureServer(certificates.wrongHost)),
    options: tls,
    error: ["UNAVAILABLE", /^no connection: Hostname\/IP does not match .* set tls\.serverName to it\)$/],
    atOnce: true,
  },
  "a TLS server with an expired certificate": {
    peer: () => listen(createSecureServer(certificates.expired)),
    options: tls,
    error: ["UNAVAILABLE", /^no connection: certificate has expired$/],
    atOnce: true,
  },
  "a TLS server that requires a client certificate": {
    peer: () => listen(createSecureServer({ ...certificates.server, ca: certificates.ca.cert, requestCert: true })),
    options: tls,
    error: [
      "UNAVAILABLE",
      /^no connection: .* \(the server requires a client certificate; set tls\.cert and tls\.key\)$/,
    ],
    atOnce: true,
  },
};

for (const [
  name,
  {
    peer: startPeer,
    options,
    error: [status, details],
    atOnce = false,
  },
] of Object.entries(cases)) {
  test(`ends a call to ${name} with ${status} ${atOnce ? "at once" : "at its deadline"}`, async () => {
    await using peer = await startPeer();
    await using client = new EchoClient(peer.address, { timeoutMs, retry: false, ...options?.() });
    // The long timeout would show if a call that should end at once waited.
    const limitMs = atOnce ? 60_000 : timeoutMs;
    const start = performance.now();
    const error = await client.echo("World", { timeoutMs: limitMs }).then(
      () => assert.fail("the call succeeded"),
      (error: unknown) => error,
    );
    const tookMs = performance.now() - start;
    assert.ok(error instanceof RpcError, String(error));
    assert.equal(error.status, status, error.message);
    assert.match(error.details, details);
    assert.ok(
      error.message.startsWith(`${status}: `) && error.message.includes(`/testing.v1.Echo/Unary on ${peer.address}`),
    );
    assert.ok(tookMs < (atOnce ? 0 : timeoutMs) + slackMs, `it took ${tookMs} ms`);
  });
}

test("reports a name that does not resolve", async () => {
  await using client = new EchoClient("no-such-host.invalid:50051", { retry: false });
  await assert.rejects(client.echo("World"), {
    status: "UNAVAILABLE",
    details: "the host name does not resolve: dns:no-such-host.invalid:50051",
  });
});

test("reports why there is no connection when the deadline ends the retries", async () => {
  await using client = new EchoClient("127.0.0.1:1", { timeoutMs: 200, retry: { initialBackoffMs: 1_000 } });
  await assert.rejects(client.echo("World"), {
    status: "DEADLINE_EXCEEDED",
    details: "no connection within 200 ms: connect ECONNREFUSED 127.0.0.1:1",
  });
});
