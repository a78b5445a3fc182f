import { parseAddress } from "./rpc/address.js";
import type { CertificateFiles } from "./rpc/certificate-files.js";
import { defaultLimits, type Limits } from "./rpc/limits.js";
import { choice, integer, list, type OptionTable, text, toggle } from "./rpc/options.js";
import { describeOptions, parseOptions } from "./rpc/parse-options.js";
import type { ShutdownTimes } from "./rpc/shutdown.js";
import { type LogLevel, logLevels } from "./telemetry/logger.js";

/** How the server process runs. */
export interface Config extends Limits, ShutdownTimes {
  readonly addresses: readonly string[];
  readonly tls?: CertificateFiles;
  readonly workers: number;
  readonly reflection: boolean;
  readonly logLevel: LogLevel;
}

/** The same, but with one value for each option. */
interface Values extends Omit<Config, "tls"> {
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly tlsClientCa: string | undefined;
}

const prefix = "HELLO";

const limit = (name: keyof Limits, placeholder: string, help: string, min = 1) =>
  integer(help, { default: defaultLimits[name], placeholder, min });

/** Every option of the server process, once: its name gives the flag and the variable. */
const options: OptionTable<Values> = {
  addresses: list("where to listen: host:port, [IPv6]:port, :port or unix:/path", {
    default: ["[::]:50051"],
    placeholder: "address",
    flag: "address",
    check: parseAddress,
  }),
  tlsCert: text("certificate to serve TLS with, in PEM format, and those between it and its root", {
    placeholder: "file",
    needs: ["tlsKey"],
  }),
  tlsKey: text("private key of the certificate, in PEM format", { placeholder: "file", needs: ["tlsCert"] }),
  tlsClientCa: text("authorities, in PEM format, one of which must have issued each client's certificate", {
    placeholder: "file",
    needs: ["tlsCert", "tlsKey"],
  }),
  workers: integer("how many processes serve the addresses together", {
    default: 1,
    placeholder: "processes",
    min: 1,
    max: 1_024,
  }),
  shutdownDelayMs: integer("how long to accept calls after health has turned NOT_SERVING, for load balancers", {
    default: 0,
    placeholder: "ms",
  }),
  shutdownGraceMs: integer("how long calls in flight may then go on before they are cancelled", {
    default: 10_000,
    placeholder: "ms",
  }),
  maxConcurrentCalls: limit("maxConcurrentCalls", "calls", "most calls in progress at once"),
  maxConcurrentStreams: limit("maxConcurrentStreams", "calls", "most calls at once on one connection"),
  maxConnections: limit("maxConnections", "connections", "most connections at once on each address"),
  maxReceiveMessageBytes: limit("maxReceiveMessageBytes", "bytes", "largest request message"),
  maxHeaderBytes: limit("maxHeaderBytes", "bytes", "largest header list of a call, its metadata included"),
  handshakeTimeoutMs: limit("handshakeTimeoutMs", "ms", "how long a client may take for its handshake"),
  maxConnectionAgeMs: limit("maxConnectionAgeMs", "ms", "age at which a connection takes no more calls"),
  maxConnectionAgeGraceMs: limit("maxConnectionAgeGraceMs", "ms", "how long its calls may then go on"),
  maxConnectionIdleMs: limit("maxConnectionIdleMs", "ms", "how long a connection may be without a call"),
  keepaliveTimeMs: limit("keepaliveTimeMs", "ms", "how often connections are pinged"),
  keepaliveTimeoutMs: limit("keepaliveTimeoutMs", "ms", "how long the answer to a ping may take"),
  reflection: toggle("do not tell clients which services there are (server reflection)", true),
  logLevel: choice("how much to log", { default: "info", placeholder: "level", words: logLevels }),
};

/**
 * Reads flags and variables.
 *
 * @throws UsageError which names every mistake.
 */
export function parseConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Config {
  const { tlsCert: cert, tlsKey: key, tlsClientCa: clientCa, ...config } = parseOptions(options, { prefix, argv, env });
  if (cert === undefined || key === undefined) {
    return config;
  }
  return { ...config, tls: clientCa === undefined ? { cert, key } : { cert, key, clientCa } };
}

/** What `--help` prints, for 80 columns. */
export function helpText(): string {
  const rows = describeOptions(options, prefix).map(
    ({ flag, variable, default: value, help }) => `  ${flag}\n${wrap(help)}\n${wrap(`${variable}, default ${value}`)}`,
  );
  return `Usage: hello-server [options]

Serves the Hello service until SIGINT or SIGTERM.

Options, each with its environment variable and default; ms are milliseconds:
${rows.join("\n")}
  --help
${wrap("print this and exit")}
  --version
${wrap("print the version and exit")}

Exit status: 0 after a shutdown, 1 if it cannot serve, 2 for a mistake in the
options.
`;
}

function wrap(text: string): string {
  return text.replace(/(?![^\n]{1,72}$)([^\n]{1,72})\s/g, "$1\n").replace(/^/gm, "        ");
}
