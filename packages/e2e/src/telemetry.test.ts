import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "@hello/testing/program";
import { greetWorld } from "./greet-world.js";
import { listLoadedModules } from "./loaded-modules.js";
import { serverMain, startServerWith } from "./server-process.js";
import { snippets } from "./snippets.js";

const prometheus = { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0" };

/** The modules of OpenTelemetry that a server has loaded when it ends, after a call. */
async function loadedBy(env: Readonly<Record<string, string>>): Promise<string[]> {
  return (await listLoadedModules(env, greetWorld)).filter((path) => path.includes("opentelemetry"));
}

test("with no variable that asks for it, nothing of OpenTelemetry is loaded", async () => {
  assert.deepEqual(await loadedBy({ OTEL_SERVICE_NAME: "greeter" }), []);
});

test("with exporters none, nothing of OpenTelemetry is loaded", async () => {
  assert.deepEqual(await loadedBy({ OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none" }), []);
});

test("with OTEL_SDK_DISABLED, nothing of OpenTelemetry is loaded", async () => {
  assert.deepEqual(await loadedBy({ ...prometheus, OTEL_TRACES_EXPORTER: "otlp", OTEL_SDK_DISABLED: "true" }), []);
});

test("with a variable that asks for it, the SDK is loaded", async () => {
  const modules = await loadedBy(prometheus);
  assert.ok(modules.some((path) => path.includes("sdk-node")));
});

test("an SDK that is not installed is one line that says what to do, and status 1", async () => {
  const hook = new URL("without-sdk.mjs", import.meta.url);
  const env = { ...prometheus, NODE_OPTIONS: `--import=${hook}` };
  const { status, stderr } = await run([process.execPath, serverMain, "--address", "127.0.0.1:0"], { env });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^hello-server: .*not installed \(.*@opentelemetry\/sdk-node.*\); install without --no-optional.*\n$/,
  );
});

test("the SDK tells its troubles to the log, each in one line", async () => {
  const unknown = { OTEL_TRACES_EXPORTER: "pigeon", OTEL_METRICS_EXPORTER: "stork" };
  await using server = await startServerWith({ ...unknown, OTEL_LOG_LEVEL: "info" });
  const lines = server.log.filter(({ component }) => component === "opentelemetry");
  for (const exporter of Object.values(unknown)) {
    const line = lines.find(({ msg }) => msg.includes(exporter));
    assert.equal(line?.["level"], 40, exporter);
  }
});

test("the commands of docs/telemetry.md start a server with the telemetry that they promise", async () => {
  const page = new URL("../../../docs/telemetry.md", import.meta.url);
  const commands = snippets(page, "console").flatMap((block) => block.match(/(?<=^\$ )OTEL_.*(?= pnpm)/gm) ?? []);
  assert.equal(commands.length, 2);
  const promises = [
    { traces: false, metrics: true },
    { traces: true, metrics: true },
  ];
  for (const [index, command] of commands.entries()) {
    const env = Object.fromEntries(command.split(" ").map((pair) => pair.split("=")));
    await using server = await startServerWith({ ...env, OTEL_EXPORTER_PROMETHEUS_PORT: "0" });
    const { traces, metrics } = await server.logged(({ msg }) => msg === "telemetry started");
    assert.deepEqual({ traces, metrics }, promises[index]);
  }
});
