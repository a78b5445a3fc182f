#!/usr/bin/env node
import { helpText, parseConfig } from "./config.js";
import { UsageError } from "./rpc/options.js";
import { createHelloServer } from "./server.js";
import { createLogger } from "./telemetry/logger.js";
import { startTelemetrySdk } from "./telemetry/sdk.js";

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.includes("--help")) {
    process.stdout.write(helpText());
    return;
  }
  const { logLevel, ...config } = parseConfig(argv, process.env);
  const logger = await createLogger(logLevel);
  const telemetry = await startTelemetrySdk({ serviceName: "hello-server", logger });
  const server = createHelloServer({ ...config, logger });
  const stop = async () => {
    await server.shutdown();
    if (telemetry !== undefined) {
      await telemetry.shutdown();
      // A collector that does not answer must not keep the process.
      process.exit();
    }
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      logger.info({ signal }, "signal received");
      void stop();
    });
  }
  await server.start();
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message.replaceAll(/^/gm, "hello-server: ")}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
