// Import first: a signal may arrive while the rest loads.
import "./process/stop-signals.js";
import type { RequiredAuthorize } from "./authorization/authorize.js";
import type { GrpcServer } from "./server.js";
import type { ServerOptions } from "./server-options.js";

/** Options of {@link runServer}. */
export interface RunOptions<Context = undefined>
  extends Pick<ServerOptions<Context>, "services" | "authorize" | "authorizeStandardServices" | "interceptors"> {
  /** Name of the program in its messages and, unless `OTEL_SERVICE_NAME` is set, in its telemetry. */
  readonly name: string;
  /** Prefix of the program's environment variables, like `ACME` in `ACME_ADDRESS`. */
  readonly envPrefix: string;
  /** Text that `--version` prints. Default: the version in the program's package.json. */
  readonly version?: string | undefined;
  /** Receives the server before it starts, in every worker process, for instance to set the health of a service. */
  readonly onServer?: ((server: GrpcServer) => void) | undefined;
}

/**
 * Runs a server as this process until SIGTERM or SIGINT. Reads flags and environment variables, starts the logger,
 * telemetry and worker processes that they configure, and exits with status 0 after a shutdown, 1 if it cannot serve,
 * or 2 if an option is invalid.
 */
export async function runServer<Context = undefined>(
  options: RunOptions<Context> & RequiredAuthorize<Context>,
): Promise<never> {
  const { runProcess } = await import("./process/run-process.js");
  return runProcess(options);
}
