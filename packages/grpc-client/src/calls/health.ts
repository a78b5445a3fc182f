import { formatValue, loadHealthProtocol, toStrictMethod } from "@hello/grpc-common";
import type { CallOptions, HealthWatchOptions } from "./call-options.js";
import { noOptions } from "./call-progress.js";
import type { CallScope } from "./call-scope.js";
import { checkCallOptions, healthWatchOptions } from "./check-call-options.js";
import { ResponseStreamCall, responseStream } from "./response-stream.js";
import { unary } from "./unary.js";

/**
 * Health of a service. Only a watch yields `"SERVICE_UNKNOWN"`; a check fails with NOT_FOUND instead.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export type ServingStatus = "UNKNOWN" | "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";

/** Checks the health of a service once. */
export async function checkHealth(scope: CallScope, service: string, options?: CallOptions): Promise<ServingStatus> {
  const { check, request } = loadMethods();
  return unary(scope, check, request(service), options);
}

/** Yields the current health of a service, and its health after every change. */
export function watchHealth(
  scope: CallScope,
  service: string,
  options: HealthWatchOptions = noOptions,
): AsyncGenerator<ServingStatus, void, undefined> {
  const { watch, request } = loadMethods();
  return responseStream(scope, () => {
    checkCallOptions(options, healthWatchOptions);
    const { timeoutMs = scope.pool.timeoutMs, ...streamOptions } = options;
    return new ResponseStreamCall(scope, watch, streamOptions, timeoutMs).open(request(service));
  });
}

let methods: ReturnType<typeof createMethods> | undefined;

function loadMethods() {
  methods ??= createMethods();
  return methods;
}

/** Creates the methods of the health protocol. Their responses are the names of the statuses. */
function createMethods() {
  const { HealthService, HealthCheckRequest, HealthCheckResponse } = loadHealthProtocol();
  const names = new Map<number, ServingStatus>(
    Object.entries(HealthCheckResponse.ServingStatus).map(([name, number]) => [Number(number), name as ServingStatus]),
  );
  const withNames = (method: typeof HealthService.check | typeof HealthService.watch) => {
    const { path, requestStream, responseStream, requestSerialize, responseDeserialize } = toStrictMethod(method);
    return {
      path,
      requestStream,
      responseStream,
      requestSerialize,
      responseDeserialize: (bytes: Buffer) => names.get(responseDeserialize(bytes).getStatus()) ?? "UNKNOWN",
    };
  };
  return {
    check: withNames(HealthService.check),
    watch: withNames(HealthService.watch),
    request(service: string) {
      if (typeof service !== "string") {
        throw new TypeError(`service must be a string, not ${formatValue(service)}`);
      }
      return new HealthCheckRequest().setService(service);
    },
  };
}
