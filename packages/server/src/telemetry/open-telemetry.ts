import { createRequire } from "node:module";

/** The OpenTelemetry API, where it is in use. */
export interface OpenTelemetry {
  readonly api: typeof import("@opentelemetry/api");
  /** Whether spans go anywhere. */
  readonly traces: boolean;
  /** Whether measurements go anywhere. */
  readonly metrics: boolean;
}

/** Where all copies of the API in a process keep what has been registered with it. */
const registry = Symbol.for("opentelemetry.js.api.1");

const require = createRequire(import.meta.url);

/**
 * The OpenTelemetry API if an SDK has been registered with it, by this program or by one that embeds it, and otherwise
 * `undefined`: to load the API only to find it idle would cost a tenth of the start-up.
 */
export function openTelemetry(): OpenTelemetry | undefined {
  const registered = Reflect.get(globalThis, registry) as { trace?: object; metrics?: object } | undefined;
  const traces = registered?.trace !== undefined;
  const metrics = registered?.metrics !== undefined;
  return traces || metrics ? { api: require("@opentelemetry/api"), traces, metrics } : undefined;
}
