import { choice, integer, type OptionTable, parseCommandLine, text } from "@hello/grpc-common";
import { type SharedOptionValues, sharedOptionTable } from "../server-options.js";
import { type LogLevel, logLevels } from "../telemetry/logger.js";
import type { CertificateFiles } from "../tls/certificate-files.js";

/** Configuration of a server process. */
export interface Config extends SharedOptionValues {
  readonly tls?: CertificateFiles;
  readonly workers: number;
  readonly logLevel: LogLevel;
}

/** Configuration with one value for each option. */
interface ProgramOptionValues extends Omit<Config, "tls"> {
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly tlsClientCa: string | undefined;
}

const { addresses, ...others } = sharedOptionTable;

/** Options of a server process. Their names determine the flags and the variables. */
export const programOptionTable: OptionTable<ProgramOptionValues> = {
  addresses,
  tlsCert: text("server certificate, followed by any intermediate certificates, in PEM format", {
    placeholder: "file",
    needs: ["tlsKey"],
  }),
  tlsKey: text("private key of the server certificate, in PEM format", { placeholder: "file", needs: ["tlsCert"] }),
  tlsClientCa: text("authorities that issue client certificates, in PEM format; requires clients to have one", {
    placeholder: "file",
    needs: ["tlsCert", "tlsKey"],
  }),
  workers: integer("number of processes that share the addresses", {
    default: 1,
    placeholder: "processes",
    min: 1,
    max: 1_024,
  }),
  ...others,
  logLevel: choice("log level", { default: "info", placeholder: "level", words: logLevels }),
};

/** Program and the input from which {@link parseConfig} reads its configuration. */
export interface ServerProgram {
  readonly name: string;
  readonly envPrefix: string;
  readonly version: string;
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Result of {@link parseConfig}: text to print, for `--help` and `--version`, or the configuration to run with. */
export type ServerCommand =
  | { readonly action: "print"; readonly text: string }
  | { readonly action: "run"; readonly config: Config };

/**
 * Parses flags and environment variables.
 *
 * @throws UsageError that lists every invalid value.
 */
export function parseConfig(program: ServerProgram): ServerCommand {
  const parsed = parseCommandLine(programOptionTable, {
    ...program,
    description: "Serves until SIGINT or SIGTERM.",
    epilogue:
      "Times are in milliseconds. Exit status: 0 after a shutdown, 1 if the server\n" +
      "cannot serve, 2 if an option is invalid.",
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
