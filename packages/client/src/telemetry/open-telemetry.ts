import { createRequire } from "node:module";

/** The OpenTelemetry API, where an SDK is registered with it. */
export interface OpenTelemetry {
  readonly api: typeof import("@opentelemetry/api");
  /** Whether spans go anywhere. */
  readonly traces: boolean;
  /** Whether measurements go anywhere. */
  readonly metrics: boolean;
}

/** What has been registered with the API, in any of its copies in this process. */
interface Registry {
  readonly trace?: object;
  readonly metrics?: object;
}

const registry = Symbol.for("opentelemetry.js.api.1");

const require = createRequire(import.meta.url);

let known:
  | { readonly trace: object | undefined; readonly metrics: object | undefined; readonly api: OpenTelemetry }
  | undefined;

/**
 * The OpenTelemetry API if an SDK is registered with it by now, and otherwise `undefined`. It is asked for every call, so
 * that a program may start its SDK late; without one that is all that a call pays, and the API is not even loaded.
 */
export function openTelemetry(): OpenTelemetry | undefined {
  const registered = (globalThis as { [registry]?: Registry })[registry];
  if (registered === undefined) {
    return undefined;
  }
  const { trace, metrics } = registered;
  if (trace === undefined && metrics === undefined) {
    return undefined;
  }
  // The same object as long as the same SDK is registered, so that what is made from it can be kept.
  if (known === undefined || known.trace !== trace || known.metrics !== metrics) {
    const api = { api: require("@opentelemetry/api"), traces: trace !== undefined, metrics: metrics !== undefined };
    known = { trace, metrics, api };
  }
  return known.api;
}
