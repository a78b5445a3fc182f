#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { type Connection, helpText, parseCommandLine } from "./cli/command-line.js";
import { greet } from "./cli/greet.js";
import { printHealth, printHealthChanges } from "./cli/health.js";
import { UsageError } from "./cli/options.js";
import { HelloClient } from "./hello-client.js";
import { RpcError } from "./rpc/rpc-error.js";

const output = process.stdout.on("error", endWithoutReader);

/** Whether another program reads what this one says. */
let json = false;

async function main(): Promise<void> {
  const command = parseCommandLine(process.argv.slice(2), process.env);
  if (command.action === "help" || command.action === "version") {
    output.write(command.action === "help" ? helpText() : `${version()}\n`);
    return;
  }
  json = command.json;
  await using client = createClient(command);
  switch (command.action) {
    case "greet":
      await greet(client, command.names, { ...command, output });
      break;
    case "check":
      process.exitCode = (await printHealth(client, { ...command, output })) ? 0 : 1;
      break;
    case "watch":
      await printHealthChanges(client, { ...command, output });
  }
}

function createClient({ target, client }: Connection): HelloClient {
  try {
    return new HelloClient(target, client);
  } catch (error) {
    // The library names its own options, like tls.key.
    throw error instanceof TypeError ? new UsageError([error.message.replaceAll(/\btls\.(\w+)/g, "--tls-$1")]) : error;
  }
}

function version(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Ends the program where its output can go nowhere: quietly where the reader has had enough, like `head`. */
function endWithoutReader(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") {
    report(`standard output: ${error.message}`);
  }
  process.exit(error.code === "EPIPE" ? 0 : 1);
}

function report(message: string): void {
  process.stderr.write(`${message.replaceAll(/^/gm, "hello-client: ")}\n`);
}

// Where nobody reads what it says, the exit status still tells.
process.stderr.on("error", () => {});

main().catch((error: unknown) => {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const failure = [error, cause].find((error) => error instanceof RpcError);
  if (failure !== undefined && json) {
    const { code, status, details } = failure;
    process.stderr.write(`${JSON.stringify({ error: { code, status, details, message } })}\n`);
  } else {
    report(error instanceof UsageError ? `${message}\nfor the options: hello-client --help` : message);
  }
  process.exitCode = failure ? 64 + failure.code : error instanceof UsageError ? 2 : 1;
  // Neither calls under way nor input that is still open shall keep it alive, once all is written.
  process.stderr.write("", () => output.write("", () => process.exit()));
});
