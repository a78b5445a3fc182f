import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import { bindService } from "./calls/servicer.js";
import { createServer } from "./server.js";
import { sharedOptionTable } from "./server-options.js";

/** Creates a server with options that bypass the type checker. */
const create = (options: object) => createServer({ services: [bindService(EchoService, echoServicer)], ...options });

const range = "must be a whole number from";
const wrong: [options: object, mistake: string][] = [
  [{ shutdownGraceMs: Number.POSITIVE_INFINITY }, `shutdownGraceMs ${range} 0 to 2147483647, not Infinity`],
  [{ shutdownGraceMs: 2 ** 31 }, `shutdownGraceMs ${range} 0 to 2147483647, not 2147483648`],
  [{ shutdownDelayMs: "5" }, `shutdownDelayMs ${range} 0 to 2147483647, not "5"`],
  [{ maxConcurrentCalls: -1 }, `maxConcurrentCalls ${range} 1 to 2147483647, not -1`],
  [{ maxHeaderBytes: 1e12 }, `maxHeaderBytes ${range} 1 to 2147483647, not 1000000000000`],
  [{ maxConnectionAgeMs: 2_000_000_000 }, `maxConnectionAgeMs ${range} 1 to 1952257860, not 2000000000`],
  [{ keepaliveTimeMs: 1.5 }, `keepaliveTimeMs ${range} 1 to 2147483647, not 1.5`],
  [{ maxConnections: null }, `maxConnections ${range} 1 to 2147483647, not null`],
  [{ addresses: "127.0.0.1:0" }, 'addresses must be a non-empty list, not "127.0.0.1:0"'],
  [{ addresses: [] }, "addresses must be a non-empty list, not []"],
  [{ addresses: [50_051] }, "addresses must contain only strings, not 50051"],
  [{ reflection: "no" }, 'reflection must be true or false, not "no"'],
  [{ logger: {} }, "logger must be a pino logger"],
  [{ tls: null }, "tls must be { certFile, keyFile, clientCaFile? } with the paths of files, not null"],
  [
    { tls: { cert: "c.pem" } },
    "tls must be { certFile, keyFile, clientCaFile? } with the paths of files, not { cert: 'c.pem' }",
  ],
  [{ tlsCert: "c.pem" }, "unknown option tlsCert"],
  [{ workers: 2 }, "unknown option workers"],
];

for (const [options, mistake] of wrong) {
  test(`reports on creation: ${mistake}`, () => {
    assert.throws(() => create(options), { name: "TypeError", message: mistake });
  });
}

test("reports all mistakes at once", () => {
  const all = wrong.slice(3, 6);
  assert.throws(() => create(Object.assign({}, ...all.map(([options]) => options))), {
    message: all.map(([, mistake]) => mistake).join("\n"),
  });
});

test("applies the default of an undefined option", async () => {
  const names = [
    "handshakeTimeoutMs",
    "maxConnections",
    "maxHeaderBytes",
    "shutdownGraceMs",
    "tls",
    "logger",
    "reflection",
  ];
  const options = Object.fromEntries(names.map((name) => [name, undefined]));
  const server = create({ ...options, addresses: ["127.0.0.1:0"] });
  const [address = ""] = await server.start();
  const [host, port] = address.split(":");
  const socket = connect({ host, port: Number(port) });
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "latin1");
  // Waits for the server's SETTINGS frame.
  await once(socket, "data");
  socket.destroy();
  await server.shutdown();
});

test("states the default of each number in its doc comment", () => {
  const source = ["limits.ts", "shutdown.ts"]
    .map((file) => readFileSync(new URL(file, import.meta.url), "utf8"))
    .join();
  const comments = source
    .replaceAll(/\n +\* /g, " ")
    .matchAll(/Default ([\d,]+)(?:(?!\*\/).)*\s*\*\/\s+readonly (\w+)/g);
  const stated = [...comments].map(([, value = "", name = ""]) => [name, Number(value.replaceAll(",", ""))]);
  const numbers = Object.entries(sharedOptionTable).filter(([, option]) => typeof option.default === "number");
  assert.deepEqual(
    Object.fromEntries(stated),
    Object.fromEntries(numbers.map(([name, option]) => [name, option.default])),
  );
});
