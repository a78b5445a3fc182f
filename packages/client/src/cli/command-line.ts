import type { HelloClientOptions } from "../hello-client.js";
import type { CallOptions } from "../rpc/call-options.js";
import type { TlsOptions } from "../rpc/transport-security.js";
import { metadataOf, pemFile, wholeNumber } from "./option-values.js";
import { describeOptions, type GivenOptions, readArguments, UsageError } from "./options.js";

/** What a command line asks for. */
export type Command =
  | { readonly action: "help" }
  | { readonly action: "version" }
  | (Connection & { readonly action: "greet"; readonly names: readonly string[] })
  | (Connection & { readonly action: "check" | "watch"; readonly service: string });

/** Whom a command asks, and how. */
export interface Connection {
  readonly target: string;
  readonly client: HelloClientOptions;
  readonly call: Pick<CallOptions, "metadata">;
  readonly json: boolean;
}

const prefix = "HELLO";
const defaultTarget = "localhost:50051";

const table = {
  target: {
    placeholder: "target",
    help: "the server to ask, in gRPC's name syntax, like localhost:50051, dns:///hello.example:443 or unix:/path",
    default: defaultTarget,
    variable: true,
  },
  "timeout-ms": {
    placeholder: "ms",
    help: "how long a call may take, in milliseconds",
    default: "5000",
    variable: true,
  },
  "wait-for-ready": {
    help: "wait for the server until then, rather than fail at once where it cannot be reached",
    variable: true,
  },
  metadata: {
    placeholder: "key=value",
    help: "what to send beside the name; base64 for a key that ends in -bin",
    repeatable: true,
    variable: true,
  },
  tls: { help: "encrypt, and trust the authorities that Node trusts; any --tls-... means it too", variable: true },
  "tls-ca": { placeholder: "file", help: "trust these authorities instead, as PEM", variable: true },
  "tls-cert": { placeholder: "file", help: "the client's certificate with its chain, as PEM (mTLS)", variable: true },
  "tls-key": { placeholder: "file", help: "the private key of --tls-cert, as PEM", variable: true },
  "tls-server-name": {
    placeholder: "name",
    help: "the name that the server's certificate must bear",
    default: "the target's host",
    variable: true,
  },
  "allow-plaintext-token": { help: "send the metadata authorization without TLS too", variable: true },
  health: { help: "ask for the health of a service, by default of the whole server, instead of greetings" },
  watch: { help: "with --health: print the health now and at every change" },
  json: { help: "print a JSON object a line, for other programs: what is asked for, and what fails" },
  help: { help: "print this and exit" },
  version: { help: "print the version and exit" },
} as const;

/**
 * Reads flags, names and variables, and the files that they name.
 *
 * @throws UsageError which names every mistake.
 */
export function parseCommandLine(argv: readonly string[], env: NodeJS.ProcessEnv): Command {
  const { given, positionals, ...read } = readArguments(table, { prefix, argv, env });
  if (given.help) {
    return { action: "help" };
  }
  if (given.version) {
    return { action: "version" };
  }
  const mistakes = [...read.mistakes];
  const timeoutMs = wholeNumber(given["timeout-ms"], mistakes);
  const tls = tlsOptions(given, mistakes);
  const metadata = metadataOf(given.metadata, mistakes);
  const plaintextToken = given["allow-plaintext-token"] !== undefined;
  if (metadata?.["authorization"] && tls === false && !plaintextToken) {
    mistakes.push("--metadata authorization would go out in plain text: add --tls, or --allow-plaintext-token");
  }
  if (given.watch && !given.health) {
    mistakes.push("--watch needs --health");
  }
  if (given.health && positionals.length > 1) {
    mistakes.push(`--health takes one service, not ${positionals.join(" and ")}`);
  }
  if (positionals.filter((name) => name === "-").length > 1) {
    mistakes.push("standard input can be read once, so give - once");
  }
  if (mistakes.length > 0) {
    throw new UsageError(mistakes);
  }
  const connection: Connection = {
    target: given.target?.texts[0] ?? defaultTarget,
    client: {
      tls,
      waitForReady: given["wait-for-ready"] !== undefined,
      allowPlaintextToken: plaintextToken,
      ...(timeoutMs !== undefined && { timeoutMs }),
    },
    call: metadata === undefined ? {} : { metadata },
    json: given.json !== undefined,
  };
  if (given.health) {
    return { ...connection, action: given.watch ? "watch" : "check", service: positionals[0] ?? "" };
  }
  return { ...connection, action: "greet", names: positionals.length > 0 ? positionals : ["World"] };
}

function tlsOptions(given: GivenOptions<typeof table>, mistakes: string[]): TlsOptions | boolean {
  const [ca, cert, key] = (["tls-ca", "tls-cert", "tls-key"] as const).map((flag) => pemFile(given[flag], mistakes));
  const [serverName] = given["tls-server-name"]?.texts ?? [];
  if (!given["tls-cert"] !== !given["tls-key"]) {
    mistakes.push(given["tls-cert"] ? "--tls-cert needs its --tls-key" : "--tls-key needs its --tls-cert");
  }
  const options = {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(serverName && { serverName }),
  };
  return Object.keys(options).length > 0 ? options : given.tls !== undefined;
}

/** What `--help` prints, for 80 columns. */
export function helpText(): string {
  return `Usage: hello-client [options] [name...]
       hello-client --health [--watch] [options] [service]

Prints the greeting for each name, one a line; without a name, that for World.
For the name - it reads names from standard input, one a line, as UTF-8.

Options, some with an environment variable, which the flag overrides:
${describeOptions(table, prefix)}
A name that begins with a dash goes after --, as in: hello-client -- -Ada

Exit status: 0; 1 for input that cannot be read, output that cannot be written,
or a service that does not serve; 2 for a mistake in the options; or 64 and the
gRPC status code of the call that failed, like 78 for UNAVAILABLE.
`;
}
