import type { GrpcServer } from "../server.js";
import type { ServerOptions } from "../server-options.js";

/** Options of `runServer`. */
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
