/** Lines that the processes of a server log, and texts that they print besides. */

import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { connect } from "node:http2";
import { createServer as createTcpServer } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { captureLog } from "@hello/testing/captured-log";
import { listen } from "@hello/testing/peer";
import { start } from "@hello/testing/program";
import { connectRaw } from "@hello/testing/raw-http2";
import { serverMain } from "../server-process.js";
import type { Example, Section } from "./catalogue.js";
import { type LogRecorder, recordLog } from "./log-recorder.js";

const columns = ["what happens", "level", "line"];

/** Collects the lines of processes that end, fail or are in trouble. */
export async function collectProcessLog(): Promise<Section[]> {
  const [lifecycle, workers, telemetry, trouble] = await Promise.all([
    collectOneProcess(),
    collectWorkers(),
    collectTelemetry(),
    collectResources(),
  ]);
  return [
    { title: "Processes", text: "", columns, examples: [...lifecycle, ...workers] },
    { title: "Telemetry", text: "", columns, examples: telemetry },
    {
      title: "Log and files",
      text: "Lines without a level are on standard error, after the name of the program.",
      columns,
      examples: trouble,
    },
  ];
}

/** Server process with a recorded log. */
interface RecordedProcess extends LogRecorder, AsyncDisposable {
  readonly child: ReturnType<typeof start>;
  /** Address that it serves. */
  readonly address: string;
  /** Standard error so far. */
  readonly stderr: string;
  readonly ended: Promise<unknown>;
}

interface ProcessOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node. */
  readonly node?: readonly string[];
  /** Commands of the shell before the server. */
  readonly shell?: string;
}

async function startProcess({
  args = [],
  env = {},
  node = [],
  shell = ":",
}: ProcessOptions = {}): Promise<RecordedProcess> {
  const command = [
    process.execPath,
    ...node,
    serverMain,
    "--address",
    "127.0.0.1:0",
    "--shutdown-grace-ms",
    "0",
    ...args,
  ];
  const child = start(["/bin/sh", "-c", `${shell}; exec "$@"`, "sh", ...command], { env });
  const ended = once(child, "close");
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const log = captureLog();
  createInterface(child.stdout).on("line", (line) => log.write(line));
  const { addresses } = await log.line(({ msg }) => msg === "serving");
  return {
    ...recordLog(log),
    child,
    address: String(addresses),
    get stderr() {
      return stderr;
    },
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function collectOneProcess(): Promise<Example[]> {
  const crash = 'process.on("SIGUSR2", () => { throw new Error("a bug in a timer"); });';
  await using server = await startProcess({ node: [`--import=data:text/javascript,${encodeURIComponent(crash)}`] });
  const examples = [await server.next("the start", "serving")];
  server.child.kill("SIGHUP");
  examples.push(await server.next("`SIGHUP`", "signal received"));
  server.child.kill("SIGUSR2");
  examples.push(await server.next("an error that nothing catches", "crashed"));
  return examples;
}

async function collectWorkers(): Promise<Example[]> {
  await using server = await startProcess({ args: ["--workers", "2"] });
  const examples = [await server.next("the start of workers", "all workers are serving")];
  const [first, second] = server.lines.filter(({ msg }) => msg === "serving").map((line) => Number(line["pid"]));
  process.kill(second ?? 0, "SIGKILL");
  examples.push(await server.next("a worker that ends", "worker exited; replacing it"));
  for (let served = 0; served < 3; served++) {
    await server.next("", "serving");
  }
  process.kill(first ?? 0, "SIGSTOP");
  server.child.kill("SIGTERM");
  examples.push(await server.next("`SIGTERM`", "signal received"));
  examples.push(await server.next("the same", "stopping workers"));
  examples.push(await server.next("a worker that hangs", "worker did not stop in time; killing it"));
  await server.ended;
  examples.push(toStderrExample("the same, on standard error", server.stderr));
  await using stopped = await startProcess({ args: ["--workers", "2"] });
  await stopped.next("", "all workers are serving");
  stopped.child.kill("SIGTERM");
  examples.push(await stopped.next("workers that stop", "all workers stopped"));
  await using failing = await startProcess({
    args: ["--workers", "2"],
    env: { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "65535" },
  });
  examples.push(await failing.next("a second worker that fails", "a worker failed to start"));
  return examples;
}

function toStderrExample(cause: string, message: string): Example {
  return { cause, level: "", message };
}

async function collectTelemetry(): Promise<Example[]> {
  await using collector = await listen(createTcpServer());
  const silent = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${collector.address}` };
  await using server = await startProcess({ env: silent });
  const examples = [await server.next("an `OTEL_` variable", "telemetry started")];
  await callUnknown(server.address);
  server.child.kill("SIGTERM");
  examples.push(
    await server.next("a collector that does not answer", "telemetry not sent: the collector does not respond"),
  );
  await using broken = await listen(createHttpServer((_, response) => response.writeHead(400).end()));
  await using rejected = await startProcess({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${broken.address}`,
      OTEL_METRIC_EXPORT_INTERVAL: "500",
      OTEL_METRIC_EXPORT_TIMEOUT: "400",
    },
  });
  await callUnknown(rejected.address);
  examples.push(await rejected.next("a collector that answers with HTTP status 400", "telemetry failed"));
  rejected.child.kill("SIGTERM");
  examples.push(await rejected.next("the same, at the shutdown", "telemetry not sent"));
  return examples;
}

async function collectResources(): Promise<Example[]> {
  await using limited = await startProcess({ shell: "ulimit -n 300" });
  const examples = [
    await limited.next("`ulimit -n 300`", "the limit on open files (ulimit -n) is below maxConnections"),
  ];
  const connections = await Promise.all(Array.from({ length: 275 }, () => connectRaw(limited.address)));
  examples.push(await limited.next("275 connections", "connection refused: file descriptors are running out"));
  for (const connection of connections) {
    connection[Symbol.dispose]();
  }
  await using blocked = await startProcess({ args: ["--log-level", "debug"] });
  blocked.child.stdout.pause();
  await callUnknown(blocked.address, 400);
  await delay(50);
  const first = blocked.stderr;
  blocked.child.stdout.resume();
  examples.push(toStderrExample("a standard output that is not read", first));
  examples.push(await blocked.next("the same, when it is read again", "log lines were dropped"));
  await using cutOff = await startProcess();
  cutOff.child.stdout.destroy();
  cutOff.child.kill("SIGTERM");
  await cutOff.ended;
  examples.push(toStderrExample("a standard output that is closed", cutOff.stderr));
  return examples;
}

/** Calls a method that no server has, whose name takes 8 KiB in the log, a number of times. */
async function callUnknown(address: string, times = 1): Promise<void> {
  const session = connect(`http://${address}`);
  for (let call = 0; call < times; call++) {
    const stream = session.request({
      ":method": "POST",
      ":path": `/${"a".repeat(8_000)}/b`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    await once(stream.resume().end(), "close");
  }
  session.destroy();
}
