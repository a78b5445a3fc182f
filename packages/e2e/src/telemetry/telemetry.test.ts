import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "@hello/testing/program";
import { listLoadedModules } from "../loaded-modules.js";
import { serverMain, startServerWith } from "../server-process.js";
import { snippets } from "../snippets.js";
import { greetWorld } from "./greet-world.js";

const prometheus = { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0" };

/** Runs a server with these variables, makes a call, and returns the modules of OpenTelemetry that it has loaded. */
async function listOpenTelemetryModules(env: Readonly<Record<string, string>>): Promise<string[]> {
  return (await listLoadedModules(env, greetWorld)).filter((path) => path.includes("opentelemetry"));
}

test("does not load OpenTelemetry without a variable that enables it", async () => {
  assert.deepEqual(await listOpenTelemetryModules({ OTEL_SERVICE_NAME: "greeter" }), []);
});

test("does not load OpenTelemetry with the exporters `none`", async () => {
  assert.deepEqual(await listOpenTelemetryModules({ OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none" }), []);
});

test("does not load OpenTelemetry with OTEL_SDK_DISABLED", async () => {
  assert.deepEqual(
    await listOpenTelemetryModules({ ...prometheus, OTEL_TRACES_EXPORTER: "otlp", OTEL_SDK_DISABLED: "true" }),
    [],
  );
});

test("loads the SDK with a variable that enables it", async () => {
  const modules = await listOpenTelemetryModules(prometheus);
  assert.ok(modules.some((path) => path.includes("sdk-node")));
});

test("fails with one line that explains what to do, and status 1, when the SDK is not installed", async () => {
  const hook = new URL("without-sdk.mjs", import.meta.url);
  const env = { ...prometheus, NODE_OPTIONS: `--import=${hook}` };
  const { status, stderr } = await run([process.execPath, serverMain, "--address", "127.0.0.1:0"], { env });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^hello-server: .*not installed \(.*@opentelemetry\/sdk-node.*\); install without --no-optional.*\n$/,
  );
});

test("logs each warning of the SDK in one line", async () => {
  const unknown = { OTEL_TRACES_EXPORTER: "pigeon", OTEL_METRICS_EXPORTER: "stork" };
  await using server = await startServerWith({ ...unknown, OTEL_LOG_LEVEL: "info" });
  const lines = server.log.filter(({ component }) => component === "opentelemetry");
  for (const exporter of Object.values(unknown)) {
    const line = lines.find(({ msg }) => msg.includes(exporter));
    assert.equal(line?.["level"], 40, exporter);
  }
});

test("starts the telemetry that docs/telemetry.md describes for each of its commands", async () => {
  const page = new URL("../../../../docs/telemetry.md", import.meta.url);
  const commands = snippets(page, "console").flatMap((block) => block.match(/(?<=^\$ )OTEL_.*(?= pnpm)/gm) ?? []);
  assert.equal(commands.length, 2);
  const expected = [
    { traces: false, metrics: true },
    { traces: true, metrics: true },
  ];
  for (const [index, command] of commands.entries()) {
    const env = Object.fromEntries(command.split(" ").map((pair) => pair.split("=")));
    await using server = await startServerWith({ ...env, OTEL_EXPORTER_PROMETHEUS_PORT: "0" });
    const { traces, metrics } = await server.logged(({ msg }) => msg === "telemetry started");
    assert.deepEqual({ traces, metrics }, expected[index]);
  }
});
