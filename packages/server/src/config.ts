import type { CertificateFiles } from "./rpc/certificate-files.js";
import { choice, integer, type OptionTable, text } from "./rpc/options.js";
import { describeOptions, parseOptions } from "./rpc/parse-options.js";
import { type Serving, servingOptions } from "./serving-options.js";
import { type LogLevel, logLevels } from "./telemetry/logger.js";

/** How the server process runs. */
export interface Config extends Serving {
  readonly tls?: CertificateFiles;
  readonly workers: number;
  readonly logLevel: LogLevel;
}

/** The same, but with one value for each option. */
interface Values extends Omit<Config, "tls"> {
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly tlsClientCa: string | undefined;
}

const prefix = "HELLO";

const { addresses, ...others } = servingOptions;

/** Every option of the server process, once: its name gives the flag and the variable. */
const options: OptionTable<Values> = {
  addresses,
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
  ...others,
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
