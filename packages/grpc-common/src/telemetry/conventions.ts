import { parseMethodPath } from "../method-path.js";
import type { Attributes } from "./open-telemetry-api.js";

/** Name of the meter and the tracer. gRFC A66 requires the name of the instrumented library for the meter. */
export const instrumentationScope = "grpc-js";

/**
 * Returns the attributes of the span of a call.
 *
 * @param path Path of the method, like `/package.Service/Method`.
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
 */
export function rpcAttributesOf(path: string): Attributes {
  const { service, method } = parseMethodPath(path);
  return { "rpc.system": "grpc", "rpc.service": service, "rpc.method": method };
}
