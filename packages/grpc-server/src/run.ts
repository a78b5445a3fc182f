// Import first: a signal may arrive while the rest loads.
import "./process/stop-signals.js";
import type { RequiredAuthorize } from "./authorization/authorize.js";
import type { GrpcServer, ServerOptions } from "./server.js";

/** Options of {@link runServer}. */
export interface RunOptions<Context = undefined>
  extends Pick<ServerOptions<Context>, "services" | "authorize" | "authorizeStandardServices" | "interceptors"> {
  /** Name of the program, for its messages and, unless `OTEL_SERVICE_NAME` says otherwise, its telemetry. */
  readonly name: string;
  /** Prefix of its environment variables: `ACME` for `ACME_ADDRESS`. */
  readonly envPrefix: string;
  /** Text that `--version` prints. Default: the version in the package.json of the program. */
  readonly version?: string | undefined;
  /** Receives the server before it starts, in every worker process: to set the health of a service, for instance. */
  readonly onServer?: ((server: GrpcServer) => void) | undefined;
}

/**
 * Runs a server as this process until SIGTERM or SIGINT: reads flags and environment variables, logs, starts telemetry
 * and worker processes as they ask, and exits with status 0 after a shutdown, 1 if it cannot serve, or 2 for a mistake in
 * the options.
 */
export async function runServer<Context = undefined>(
  options: RunOptions<Context> & RequiredAuthorize<Context>,
): Promise<never> {
  const { runProcess } = await import("./process/run-process.js");
  return runProcess(options);
}
