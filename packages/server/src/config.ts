import { parseAddress } from "./rpc/address.js";
import { choice, describeOptions, integer, list, type OptionTable, parseOptions } from "./rpc/options.js";
import { type LogLevel, logLevels } from "./telemetry/logger.js";

/** How the server process runs. */
export interface Config {
  readonly addresses: readonly string[];
  readonly shutdownGraceMs: number;
  readonly logLevel: LogLevel;
}

const prefix = "HELLO";

/** Every option of the server process, once: its name gives the flag and the variable. */
const options: OptionTable<Config> = {
  addresses: list("where to listen: host:port, [IPv6]:port, :port or unix:/path", {
    default: ["[::]:50051"],
    placeholder: "address",
    flag: "address",
    check: parseAddress,
  }),
  shutdownGraceMs: integer("how long a shutdown lets calls finish before it cancels them, in milliseconds", {
    default: 10_000,
    placeholder: "ms",
  }),
  logLevel: choice("how much to log", { default: "info", placeholder: "level", words: logLevels }),
};

/**
 * Reads flags and variables.
 *
 * @throws UsageError which names every mistake.
 */
export function parseConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Config {
  return parseOptions(options, { prefix, argv, env });
}

/** What `--help` prints, for 80 columns. */
export function helpText(): string {
  const rows = describeOptions(options, prefix).map(
    ({ flag, variable, default: value, help }) => `  ${flag}\n${wrap(help)}\n${wrap(`${variable}, default ${value}`)}`,
  );
  return `Usage: hello-server [options]

Serves the Hello service until SIGINT or SIGTERM.

Options, each with its environment variable:
${rows.join("\n")}
  --help
${wrap("print this and exit")}

Exit status: 0 after a shutdown, 1 if it cannot serve, 2 for a mistake in the options.
`;
}

function wrap(text: string): string {
  return text.replace(/(?![^\n]{1,72}$)([^\n]{1,72})\s/g, "$1\n").replace(/^/gm, "        ");
}
