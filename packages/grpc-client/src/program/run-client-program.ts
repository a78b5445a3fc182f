import { logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import { parseCommandLine, readProgramVersion, reasonOf, requestsGrpcJsLog, UsageError } from "@hello/grpc-common";
import { type ClientOptions, type ClientOptionValues, clientOptionTable } from "../channel/client-options.js";
import { RpcError } from "../errors/rpc-error.js";
import type { ServiceClient } from "../service-client.js";
import { printHealth } from "./print-health.js";
import type { ProgramContext } from "./program-context.js";
import { createProgramOptions, type ProgramOptionValues } from "./program-options.js";

export { UsageError } from "@hello/grpc-common";
export type { ProgramContext } from "./program-context.js";

/** Definition of a client program. Flags, environment variables, health checks and the exit status are built in. */
export interface ClientProgram<Client extends ServiceClient> {
  /** Program name, for messages. */
  readonly name: string;
  /** Prefix of the environment variables: `ACME` for `ACME_TARGET`. */
  readonly envPrefix: string;
  /** Usage line without the program name, like `[options] [name...]`. */
  readonly usage: string;
  readonly description: string;
  /** Default of `--target`, like `localhost:50051`. */
  readonly defaultTarget: string;
  readonly createClient: (target: string, options: ClientOptions) => Client;
  /**
   * Runs the program with its positional arguments. It may throw a {@link UsageError} for invalid arguments, which is
   * reported like an invalid option.
   */
  readonly run: (client: Client, args: readonly string[], context: ProgramContext) => Promise<void>;
  /** Version that `--version` prints. Default: the version in the package.json of the program. */
  readonly version?: string | undefined;
}

/** Definition of a program, without its functions. */
type ProgramTexts = Omit<ClientProgram<ServiceClient>, "createClient" | "run">;

/**
 * Runs a client program with its flags and environment variables, and sets the exit status: 0 on success, 1 if input or
 * output fails or the service is not serving, 2 for invalid options. A failed call sets 64 plus its status code.
 */
export async function runClientProgram<Client extends ServiceClient>(program: ClientProgram<Client>): Promise<void> {
  const { stdout, stderr } = process;
  let json = process.argv.includes("--json");
  if (!requestsGrpcJsLog(process.env)) {
    // Otherwise grpc-js writes its log lines between those of the program.
    setLogVerbosity(logVerbosity.NONE);
  }
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    // A reader like `head` closes the pipe when it has read enough.
    if (error.code !== "EPIPE") {
      reportFailure(program.name, new Error(`cannot write to standard output: ${error.message}`), json);
    }
    process.exit(error.code === "EPIPE" ? 0 : 1);
  });
  stderr.on("error", () => {
    // If standard error has no reader, the exit status still reports the failure.
  });
  try {
    const command = parse(program);
    if (command.action === "print") {
      stdout.write(command.text);
      return;
    }
    const { values, args, given } = command;
    ({ json } = values);
    if (json) {
      printWarningsAsJson();
    }
    await using client = createClient(program, values, given);
    const context = { callOptions: { metadata: values.metadata }, json, output: stdout };
    if (!values.health) {
      await program.run(client, args, context);
    } else if (!(await printHealth(client, args[0] ?? "", { ...context, watch: values.watch }))) {
      process.exitCode = 1;
    }
  } catch (error) {
    process.exitCode = reportFailure(program.name, error, json);
    // Exit once everything is written, even if calls or standard input are still open.
    stderr.write("", () => stdout.write("", () => process.exit()));
  }
}

function parse({ name, envPrefix, usage, description, defaultTarget, version = readProgramVersion() }: ProgramTexts) {
  const line = { name, envPrefix, usage, description, version, argv: process.argv.slice(2), env: process.env };
  const command = parseCommandLine(createProgramOptions(defaultTarget), {
    ...line,
    positionals: true,
    epilogue:
      `Put arguments that begin with a dash after --, for example: ${name} -- -x\n\n` +
      "Exit status: 0 on success; 1 if input or output fails or the service is not\n" +
      "serving; 2 for invalid options; 64 plus the gRPC status code of a failed call,\n" +
      "for example 78 for UNAVAILABLE.",
  });
  if (command.action === "run") {
    const { health, metadata, tls, tlsCa, tlsCert, tlsServerName, allowPlaintextToken } = command.values;
    if (health && command.args.length > 1) {
      throw new UsageError(`--health takes one service, not ${command.args.map((arg) => `"${arg}"`).join(" and ")}`);
    }
    const plaintext = !tls && (tlsCa ?? tlsCert ?? tlsServerName) === undefined && !allowPlaintextToken;
    if (metadata?.["authorization"] !== undefined && plaintext) {
      throw new UsageError(
        "--metadata authorization would be sent in plain text: add --tls or --allow-plaintext-token",
      );
    }
  }
  return command;
}

function createClient<Client extends ServiceClient>(
  { createClient }: ClientProgram<Client>,
  values: ProgramOptionValues,
  given: ReadonlySet<string>,
): Client {
  const { target, tls, tlsCa: ca, tlsCert: cert, tlsKey: key, tlsServerName: serverName } = values;
  const tlsOptions = [ca, cert, key, serverName].some((value) => value !== undefined) && { ca, cert, key, serverName };
  const names = Object.keys(clientOptionTable).filter((name) => given.has(name));
  const options = Object.fromEntries(names.map((name) => [name, values[name as keyof ClientOptionValues]]));
  try {
    return createClient(target, { ...options, tls: tlsOptions || tls });
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(replaceOptionsByFlags(error.message)) : error;
  }
}

/** Replaces client options in a message by their flags, like `tls.serverName` by `--tls-server-name`. */
function replaceOptionsByFlags(message: string): string {
  return message.replaceAll(
    /\b(?:tls\.\w+|\w+ReconnectBackoffMs)\b/g,
    (option) => `--${option.replaceAll(/\.|(?=[A-Z])/g, "-").toLowerCase()}`,
  );
}

/** Reports a failure on standard error, and returns the exit status. */
function reportFailure(name: string, error: unknown, json: boolean): number {
  const message = reasonOf(error);
  const cause = error instanceof Error ? error.cause : undefined;
  const failure = [error, cause].find((error) => error instanceof RpcError);
  if (json) {
    const { code, status, details } = failure ?? {};
    process.stderr.write(`${JSON.stringify({ error: { code, status, details, message } })}\n`);
  } else {
    const text = error instanceof UsageError ? `${message}\nrun ${name} --help for the options` : message;
    process.stderr.write(`${text.replaceAll(/^/gm, `${name}: `)}\n`);
  }
  return failure ? 64 + failure.code : error instanceof UsageError ? 2 : 1;
}

/** Prints the warnings of Node as JSON, unless they are disabled. */
function printWarningsAsJson(): void {
  if (process.listenerCount("warning") > 0) {
    process.removeAllListeners("warning");
    process.on("warning", ({ name, message }) => {
      process.stderr.write(`${JSON.stringify({ warning: { name, message } })}\n`);
    });
  }
}
