import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import { invalidOptions } from "@hello/testing/invalid-server-options";
import { bindService } from "./calls/servicer.js";
import { createServer } from "./server.js";
import { sharedOptionTable } from "./server-options.js";

/** Creates a server with options that bypass the type checker. */
const create = (options: object) => createServer({ services: [bindService(EchoService, echoServicer)], ...options });

for (const [options, mistake] of invalidOptions) {
  test(`reports on creation: ${mistake}`, () => {
    assert.throws(() => create(options), { name: "TypeError", message: mistake });
  });
}

test("reports all mistakes at once", () => {
  const all = invalidOptions.slice(3, 6);
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
