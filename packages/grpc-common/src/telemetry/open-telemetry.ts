/** OpenTelemetry API with an SDK behind it. */
export interface OpenTelemetry {
  readonly api: typeof import("@opentelemetry/api");
  /** True if spans are recorded. */
  readonly traces: boolean;
  /** True if measurements are recorded. */
  readonly metrics: boolean;
}

/** Providers registered with the API, through any of its copies in this process. */
interface Registry {
  readonly trace?: object;
  readonly metrics?: object;
}

const registryKey = Symbol.for("opentelemetry.js.api.1");

let cached:
  | { readonly trace: object | undefined; readonly metrics: object | undefined; readonly telemetry: OpenTelemetry }
  | undefined;

/**
 * Returns the OpenTelemetry API if an SDK is registered with it, otherwise `undefined`. Cheap enough to call for every
 * RPC, so a program may start its SDK late; without an SDK the API is not even loaded. The result stays the same object
 * until another SDK is registered, so instruments can be cached by it.
 */
export function openTelemetry(): OpenTelemetry | undefined {
  const { trace, metrics } = (globalThis as { [registryKey]?: Registry })[registryKey] ?? {};
  if (trace === undefined && metrics === undefined) {
    return undefined;
  }
  if (cached === undefined || cached.trace !== trace || cached.metrics !== metrics) {
    const api = require("@opentelemetry/api") as OpenTelemetry["api"];
    cached = { trace, metrics, telemetry: { api, traces: trace !== undefined, metrics: metrics !== undefined } };
  }
  return cached.telemetry;
}
