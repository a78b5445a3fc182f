/** Tests the limits of docs/limits.md in each mode of the server. connection-limit.test.ts tests --max-connections. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from "node:http2";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { status } from "@grpc/grpc-js";
import { HelloRequest } from "@hello/proto";
import { createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { message } from "@hello/testing/http2-frames";
import { makeTemporaryFolder } from "@hello/testing/temporary-folder";
import { waitForClose } from "@hello/testing/wait-for-close";
import { type ServerProcess, startScriptedServer, startServer } from "./server-process.js";

let certificates: TestCertificates;
let folder: string;
before(async () => {
  [certificates, folder] = await Promise.all([createCertificates(), makeTemporaryFolder("limits-")]);
});
after(async () => {
  await certificates[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Mode {
  readonly flags?: () => readonly string[];
  readonly tls?: boolean;
}

let sockets = 0;
const modes: Record<string, Mode> = {
  workers: { flags: () => ["--workers", "2"] },
  TLS: {
    flags: () => ["--tls-cert", certificates.server.certFile, "--tls-key", certificates.server.keyFile],
    tls: true,
  },
  "a Unix socket": { flags: () => ["--address", `unix:${join(folder, `${sockets++}`)}`] },
  "two addresses": { flags: () => ["--address", "127.0.0.1:0", "--address", "127.0.0.1:0"] },
};

/** Connects to the last address of a server. */
function openSocket({ addresses }: ServerProcess, tls: boolean): Socket {
  const address = addresses.at(-1) ?? "";
  const port = Number(address.replace(/.*:/, ""));
  if (tls) {
    return connectTls({
      port,
      host: "127.0.0.1",
      servername: "localhost",
      ca: certificates.ca.cert,
      ALPNProtocols: ["h2"],
    });
  }
  return address.startsWith("unix:") ? connect(address.slice("unix:".length)) : connect(port, "127.0.0.1");
}

function openSession(server: ServerProcess, tls: boolean) {
  const session = connectHttp2("http://localhost", { createConnection: () => openSocket(server, tls) });
  session.on("error", () => {
    // The server may reset the connection; "close" follows.
  });
  return { session, goaway: once(session, "goaway"), closed: once(session, "close") };
}

/** Sends a call, without a request message if there is no body. */
function request(session: ClientHttp2Session, path: string, body?: Uint8Array, headers = {}): ClientHttp2Stream {
  const call = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
  const stream = session.request({ ...call, ...headers }, { endStream: body === undefined });
  stream.on("error", () => {
    // The tests read the error code of the stream.
  });
  if (body !== undefined) {
    stream.end(message(body));
  }
  return stream.resume();
}

const greet = (session: ClientHttp2Session, name: string) =>
  request(session, "/Hello/Hello", new HelloRequest().setValue(name).serializeBinary());
const watch = (session: ClientHttp2Session) => request(session, "/grpc.health.v1.Health/Watch", Buffer.of());

async function grpcStatus(stream: ClientHttp2Stream): Promise<number> {
  const [headers] = await once(stream, "response");
  return Number(headers["grpc-status"]);
}

const refused = status.RESOURCE_EXHAUSTED;

describe("the limits", { concurrency: 2 }, () => {
  for (const [mode, { flags = () => [], tls = false }] of Object.entries(modes)) {
    test(`enforces the limits of calls and closes silent connections with ${mode}`, async () => {
      await using server = await startScriptedServer(
        ...["--max-header-bytes", "2000", "--max-receive-message-bytes", "1000"],
        ...["--max-concurrent-streams", "7", "--max-concurrent-calls", "1", "--max-streaming-calls", "1"],
        ...["--handshake-timeout-ms", "3000", "--keepalive-time-ms", "1000"],
        ...flags(),
      );
      const silentClosed = waitForClose(openSocket(server, tls));
      const { session, closed: sessionClosed } = openSession(server, tls);
      await once(session, "remoteSettings");
      const pinged = once(session, "ping");
      assert.equal(session.remoteSettings.maxHeaderListSize, 2_000);
      assert.equal(session.remoteSettings.maxConcurrentStreams, 7);

      // With a request message, a write after the reset could fail first, and hide its code.
      const tooManyHeaders = request(session, "/Hello/Hello", undefined, { big: "x".repeat(2_000) });
      await new Promise((resolve) => tooManyHeaders.on("close", resolve));
      // Node resets with INTERNAL_ERROR while it still writes to a TLS connection.
      const codes = [constants.NGHTTP2_ENHANCE_YOUR_CALM, ...(tls ? [constants.NGHTTP2_INTERNAL_ERROR] : [])];
      assert.ok(codes.includes(tooManyHeaders.rstCode ?? -1), `${tooManyHeaders.rstCode}`);
      assert.equal(await grpcStatus(greet(session, "x".repeat(1_001))), refused);
      greet(session, "never");
      assert.equal(await grpcStatus(greet(session, "World")), refused);
      await once(watch(session), "data");
      assert.equal(await grpcStatus(watch(session)), refused);
      await Promise.all([pinged, silentClosed]);
      session.destroy();
      await sessionClosed;
    });

    test(`enforces the maximum age and idle time of connections with ${mode}`, async () => {
      await using server = await startServer(
        ...["--max-connection-idle-ms", "100", "--max-connection-age-ms", "2000"],
        ...["--max-connection-age-grace-ms", "1", ...flags()],
      );
      const idle = openSession(server, tls);
      const busy = openSession(server, tls);
      // This call starts with the first bytes of the connection, so that the connection is never idle.
      watch(busy.session);
      const [idleCode, , idleReason] = await idle.goaway;
      assert.deepEqual([idleCode, idleReason], [constants.NGHTTP2_NO_ERROR, undefined]);
      const [busyCode, , busyReason] = await busy.goaway;
      assert.deepEqual([busyCode, String(busyReason)], [constants.NGHTTP2_NO_ERROR, "max_age"]);
      await Promise.all([idle.closed, busy.closed]);
    });
  }
});
