#!/usr/bin/env node
import { helpText, parseConfig } from "./config.js";
import { UsageError } from "./rpc/options.js";
import { createHelloServer } from "./server.js";
import { createLogger } from "./telemetry/logger.js";

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.includes("--help")) {
    process.stdout.write(helpText());
    return;
  }
  const { logLevel, ...config } = parseConfig(argv, process.env);
  const logger = await createLogger(logLevel);
  const server = createHelloServer({ ...config, logger });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      logger.info({ signal }, "signal received");
      void server.shutdown();
    });
  }
  await server.start();
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message.replaceAll(/^/gm, "hello-server: ")}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
