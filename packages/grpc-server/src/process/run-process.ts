import { logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import { maxTimerMs, readProgramVersion, reasonOf, requestsGrpcJsLog, UsageError } from "@hello/grpc-common";
import type { Logger } from "pino";
import type { RequiredAuthorize } from "../authorization/authorize.js";
import { createLifecycle, type Lifecycle } from "../lifecycle.js";
import { onReload } from "../reload.js";
import { createServer, type GrpcServer } from "../server.js";
import type { ServerOptions } from "../server-options.js";
import { createLogger } from "../telemetry/logger.js";
import { startTelemetrySdk, type TelemetrySdk } from "../telemetry/sdk.js";
import { withAbandonableStart } from "./abandonable-start.js";
import { exitOnUncaughtException } from "./exit-on-uncaught-exception.js";
import { type Config, parseConfig } from "./program-options.js";
import type { RunOptions } from "./run-options.js";
import { onStopSignal } from "./stop-signals.js";

/** Runs a server as this process; see `runServer`. */
export async function runProcess<Context>(options: RunOptions<Context>): Promise<never> {
  const { name, envPrefix, version = readProgramVersion() } = options;
  let logger: Logger | undefined;
  let status = 0;
  try {
    const command = parseConfig({ name, envPrefix, version, argv: process.argv.slice(2), env: process.env });
    if (command.action === "print") {
      process.stdout.write(command.text);
    } else {
      logger = await createLogger(command.config.logLevel, name);
      await run(options, command.config, logger);
    }
  } catch (error) {
    process.stderr.write(`${reasonOf(error).replaceAll(/^/gm, `${name}: `)}\n`);
    status = error instanceof UsageError ? 2 : 1;
  }
  await flush(logger);
  // Work that a handler left running must not keep a stopped process alive.
  process.exit(status);
}

async function run<Context>(options: RunOptions<Context>, config: Config, logger: Logger): Promise<void> {
  if (!requestsGrpcJsLog(process.env)) {
    // grpc-js writes each malformed piece of metadata to standard error, content included.
    setLogVerbosity(logVerbosity.NONE);
  }
  exitOnUncaughtException(logger);
  if (config.workers === 1) {
    return runUntilSignal(createProcessServer(options, config, logger), logger);
  }
  const { reportFailure, runAsWorker, workerNumber } = await import("./worker.js");
  if (workerNumber !== undefined) {
    return runAsWorker(createProcessServer(options, config, logger, workerNumber)).catch(async (error: unknown) => {
      await reportFailure(error);
      await flush(logger);
      process.exit(1);
    });
  }
  const { createSupervisor } = await import("./supervisor.js");
  const stopTimeoutMs = Math.min(config.shutdownDelayMs + config.shutdownGraceMs + 3_000, maxTimerMs);
  return runUntilSignal(createSupervisor({ workers: config.workers, stopTimeoutMs, logger }), logger);
}

function flush(logger: Logger | undefined): Promise<void> {
  return new Promise((resolve) => (logger ? logger.flush(() => resolve()) : resolve()));
}

/** Creates the server of this process, with telemetry if the environment variables request it. */
function createProcessServer<Context>(
  { name, onServer, services, interceptors, authorize, authorizeStandardServices }: RunOptions<Context>,
  { workers: _workers, logLevel: _logLevel, ...config }: Config,
  logger: Logger,
  worker?: number,
): Lifecycle<readonly string[]> {
  let server: GrpcServer | undefined;
  let telemetry: TelemetrySdk | undefined;
  const lifecycle = createLifecycle({
    async start() {
      telemetry = await startTelemetrySdk({ serviceName: name, logger, worker });
      const inCode = { services, interceptors, authorize, authorizeStandardServices };
      server = createServer({ ...config, ...inCode, logger } as ServerOptions<Context> & RequiredAuthorize<Context>);
      onServer?.(server);
      return server.start();
    },
    async stop(forceSignal) {
      forceSignal.addEventListener("abort", () => server?.shutdown());
      await server?.shutdown();
      await telemetry?.shutdown();
    },
  });
  return withAbandonableStart(lifecycle);
}

/** Starts a server, or its workers, and shuts it down when a signal arrives. */
async function runUntilSignal(server: Lifecycle<unknown>, logger: Logger): Promise<void> {
  onReload(() => logger.info({ signal: "SIGHUP" }, "signal received"));
  let isStopping = false;
  const stopped = new Promise<void>((resolve, reject) => {
    onStopSignal((signal) => {
      logger.info({ signal }, "signal received");
      isStopping = true;
      server.shutdown().then(resolve, reject);
    });
  });
  if (!isStopping) {
    // A signal may arrive during the start, which may then never finish.
    await Promise.race([server.start(), stopped]);
  }
  await stopped;
}
