#!/usr/bin/env node
// Before all else, which takes its time to load, in which a signal may come.
import "./rpc/stop-signals.js";
import { readFileSync } from "node:fs";
import { logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import type { Logger } from "pino";
import { type Config, helpText, parseConfig } from "./config.js";
import { crashWhereNothingCatches } from "./crash.js";
import { UsageError } from "./rpc/parse-options.js";
import { onStopSignal } from "./rpc/stop-signals.js";
import { createHelloServer, type HelloServer } from "./server.js";
import { createLogger } from "./telemetry/logger.js";
import { startTelemetrySdk } from "./telemetry/sdk.js";

/** The server, or the workers that each run one. */
interface Service {
  start(): Promise<unknown>;
  /** A second call skips the waiting. */
  shutdown(): Promise<void>;
}

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.includes("--help")) {
    process.stdout.write(helpText());
    return;
  }
  if (argv.includes("--version")) {
    process.stdout.write(`${version()}\n`);
    return;
  }
  const config = parseConfig(argv, process.env);
  if (!process.env["GRPC_VERBOSITY"]) {
    // grpc-js writes a line to standard error for each piece of metadata that is malformed, with all that is in it.
    setLogVerbosity(logVerbosity.NONE);
  }
  const logger = await createLogger(config.logLevel);
  crashWhereNothingCatches(logger);
  if (config.workers === 1) {
    return serveHello(config, logger, (server) => untilSignal(server, logger));
  }
  const { serveAsWorker, tellFailure, workerNumber } = await import("./rpc/worker.js");
  if (workerNumber !== undefined) {
    return serveHello(config, logger, serveAsWorker, workerNumber).catch(async (error: unknown) => {
      await tellFailure(error);
      process.exit(1);
    });
  }
  const { createWorkers } = await import("./rpc/workers.js");
  const stopTimeoutMs = config.shutdownDelayMs + config.shutdownGraceMs + 3_000;
  return untilSignal(createWorkers({ count: config.workers, stopTimeoutMs, logger }), logger);
}

/** Runs a server in this process, with telemetry where the variables ask for it. */
async function serveHello(
  config: Config,
  logger: Logger,
  run: (server: HelloServer) => Promise<void>,
  worker?: number,
): Promise<void> {
  const telemetry = await startTelemetrySdk({
    serviceName: "hello-server",
    logger,
    ...(worker !== undefined && { worker }),
  });
  const { workers: _workers, logLevel: _logLevel, ...serving } = config;
  await run(createHelloServer({ ...serving, logger }));
  await telemetry?.shutdown();
}

/** Runs a service until a signal stops it. */
async function untilSignal(service: Service, logger: Logger): Promise<void> {
  let isStopping = false;
  const stopped = new Promise<void>((resolve, reject) => {
    onStopSignal((signal) => {
      logger.info({ signal }, "signal received");
      isStopping = true;
      service.shutdown().then(resolve, reject);
    });
  });
  if (!isStopping) {
    // A signal may come before it has started, which it then never will.
    await Promise.race([service.start(), stopped]);
  }
  await stopped;
}

function version(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

// What a handler left running must not keep a process that has stopped, or cannot start.
main().then(
  () => process.exit(0),
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${message.replaceAll(/^/gm, "hello-server: ")}\n`);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
