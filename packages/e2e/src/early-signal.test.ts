import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "@hello/testing/program";
import { serverMain } from "./server-process.js";

/** Preloaded, this sends the signal as soon as the program heeds it, which must be before it loads what takes time. */
const signalAtFirst = `
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
  const skip = process.platform === "win32" && "no process ends by a signal that it handles";
  test(`a signal while ${what} still loads ends it with 0`, { skip }, async () => {
    const preload = `--import=data:text/javascript,${encodeURIComponent(signalAtFirst)}`;
    const command = [process.execPath, preload, serverMain, "--address=127.0.0.1:0", ...args] as const;
    const { status, stdout, stderr } = await run(command, { env });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /"signal received"/);
    assert.equal(stderr, "");
  });
}
