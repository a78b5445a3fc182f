#!/usr/bin/env node
import { parseArgs } from "node:util";
import { HelloClient } from "./hello-client.js";
import { RpcError } from "./rpc/rpc-error.js";

const help = `Usage: hello-client [options] [name...]

Prints the greeting for each name, one a line. Without a name it greets World.

Options:
  --target <target>  the server to ask, in gRPC's name syntax
                     HELLO_TARGET, default localhost:50051
  --timeout-ms <ms>  how long a call may take, in milliseconds
                     HELLO_TIMEOUT_MS, default 5000
  --help             print this and exit

Exit status: 0, 2 for a mistake in the options, or 64 and the gRPC status code
of the call that failed, like 78 for UNAVAILABLE.
`;

class UsageError extends Error {}

function parseCommandLine(args: string[], env: NodeJS.ProcessEnv) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: "boolean" },
      target: { type: "string", default: env["HELLO_TARGET"] || "localhost:50051" },
      "timeout-ms": { type: "string", default: env["HELLO_TIMEOUT_MS"] || "5000" },
    },
  });
  const timeoutMs = Number(values["timeout-ms"]);
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1) {
    throw new UsageError(`--timeout-ms must be a whole number above 0, not "${values["timeout-ms"]}"`);
  }
  return { help: values.help, target: values.target, timeoutMs, names: positionals };
}

async function main(): Promise<void> {
  const { target, timeoutMs, names, ...flags } = parseCommandLine(process.argv.slice(2), process.env);
  if (flags.help) {
    process.stdout.write(help);
    return;
  }
  await using client = new HelloClient(target, { timeoutMs });
  for (const name of names.length > 0 ? names : ["World"]) {
    process.stdout.write(`${await client.hello(name)}\n`);
  }
}

function exitStatus(error: unknown): number {
  if (error instanceof RpcError) {
    return 64 + error.code;
  }
  const isUsage = error instanceof UsageError || (error instanceof TypeError && "code" in error);
  return isUsage ? 2 : 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`hello-client: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = exitStatus(error);
});
