import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { listen } from "@hello/testing/peer";
import { run, start } from "@hello/testing/program";
import { waitForClose } from "@hello/testing/wait-for-close";
import { serverMain } from "../server-process.js";

/** Preloaded code that sends SIGTERM as soon as the program handles it. Exits with 99 if grpc-js is loaded by then. */
const signalOnFirstListener = `
import { createRequire } from "node:module";
const { cache } = createRequire("file:///");
process.on("newListener", (name) => {
  if (name === "SIGTERM") {
    const late = Object.entries(cache).some(([path, { loaded }]) => loaded && path.includes("grpc-js"));
    late ? process.exit(99) : process.kill(process.pid, name);
  }
});`;

const starts: Record<string, { readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> }> = {
  "a process": {},
  "a process with telemetry": { env: { OTEL_TRACES_EXPORTER: "console" } },
  "a process with workers": { args: ["--workers=2"] },
};

for (const [what, { args = [], env = {} }] of Object.entries(starts)) {
  const skip = process.platform === "win32" && "Windows processes cannot handle SIGTERM";
  test(`exits with 0 on a signal while ${what} is loading`, { skip }, async () => {
    const preload = `--import=data:text/javascript,${encodeURIComponent(signalOnFirstListener)}`;
    const command = [process.execPath, preload, serverMain, "--address=127.0.0.1:0", ...args] as const;
    const { status, stdout, stderr } = await run(command, { env });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /"signal received"/);
    assert.equal(stderr, "");
  });
}

/** Returns code to preload that connects to a port instead of looking up a name, and never resolves the lookup. */
const pendingLookup = (port: number) => `
import dns from "node:dns";
import promises from "node:dns/promises";
import { syncBuiltinESMExports } from "node:module";
import { connect } from "node:net";
const { lookup } = dns;
dns.lookup = (name, ...rest) => name === "late.test" ? connect(${port}, "127.0.0.1") : lookup(name, ...rest);
promises.lookup = () => new Promise(() => connect(${port}, "127.0.0.1"));
syncBuiltinESMExports();`;

const lookups: Record<string, { readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> }> = {
  "its address": { args: ["--address=late.test:0"] },
  "the address of workers": { args: ["--address=late.test:0", "--workers=2"] },
  "the address of its metrics": {
    args: ["--address=127.0.0.1:0"],
    env: { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_HOST: "late.test" },
  },
};

for (const [what, { args, env }] of Object.entries(lookups)) {
  const skip = process.platform === "win32" && "Windows processes cannot handle SIGTERM";
  test(`exits with 0 on a signal during the lookup of ${what}`, { skip }, async (t) => {
    const server = createServer();
    await using peer = await listen(server);
    const preload = `--import=data:text/javascript,${encodeURIComponent(pendingLookup(peer.port))}`;
    const child = start([process.execPath, serverMain, ...args], { env: { ...env, NODE_OPTIONS: preload } });
    t.after(() => child.kill("SIGKILL"));
    const ended = once(child, "close");
    const [connection] = await once(server, "connection");
    child.kill("SIGTERM");
    const [[status], stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /"signal received"/);
    // The connection stands for the lookup: its end shows that no process is left.
    await waitForClose(connection);
  });
}
