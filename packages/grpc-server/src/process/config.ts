import { choice, integer, type OptionTable, parseCommandLine, text } from "@hello/grpc-common";
import { type ServerOptionValues, serverOptionTable } from "../server-options.js";
import { type LogLevel, logLevels } from "../telemetry/logger.js";
import type { CertificateFiles } from "../tls/certificate-files.js";

export { UsageError } from "@hello/grpc-common";

/** Configuration of a server process. */
export interface Config extends ServerOptionValues {
  readonly tls?: CertificateFiles;
  readonly workers: number;
  readonly logLevel: LogLevel;
}

/** The same with one value for each option. */
interface Values extends Omit<Config, "tls"> {
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly tlsClientCa: string | undefined;
}

const { addresses, ...others } = serverOptionTable;

/** Every option of a server process. Its name gives the flag and the variable. */
export const processOptionTable: OptionTable<Values> = {
  addresses,
  tlsCert: text("certificate for TLS, followed by those between it and its root, in PEM format", {
    placeholder: "file",
    needs: ["tlsKey"],
  }),
  tlsKey: text("private key of the certificate, in PEM format", { placeholder: "file", needs: ["tlsCert"] }),
  tlsClientCa: text("authorities that issue the clients' certificates, in PEM format", {
    placeholder: "file",
    needs: ["tlsCert", "tlsKey"],
  }),
  workers: integer("number of processes that serve the addresses together", {
    default: 1,
    placeholder: "processes",
    min: 1,
    max: 1_024,
  }),
  ...others,
  logLevel: choice("level of the log", { default: "info", placeholder: "level", words: logLevels }),
};

/** Program whose configuration is parsed. */
export interface ServerProgram {
  readonly name: string;
  readonly envPrefix: string;
  readonly version: string;
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Text to print, for `--help` and `--version`, or the configuration to run with. */
export type ServerCommand =
  | { readonly action: "print"; readonly text: string }
  | { readonly action: "run"; readonly config: Config };

/**
 * Parses flags and variables.
 *
 * @throws UsageError which names every mistake.
 */
export function parseConfig(program: ServerProgram): ServerCommand {
  const parsed = parseCommandLine(processOptionTable, {
    ...program,
    description: "Serves until SIGINT or SIGTERM.",
    epilogue:
      "Times are in milliseconds. Exit status: 0 after a shutdown, 1 if it cannot\n" +
      "serve, 2 for a mistake in the options.",
  });
  if (parsed.action === "print") {
    return parsed;
  }
  const { tlsCert, tlsKey, tlsClientCa, ...config } = parsed.values;
  return {
    action: "run",
    config:
      tlsCert === undefined || tlsKey === undefined
        ? config
        : { ...config, tls: { certFile: tlsCert, keyFile: tlsKey, clientCaFile: tlsClientCa } },
  };
}
