import type { Context, ContextManager, MeterProvider, Propagator, Span, TracerProvider } from "./open-telemetry-api.js";

/**
 * OpenTelemetry SDK, as registered with the API.
 *
 * All copies and 1.x versions of `@opentelemetry/api` share one global registry. Reading it directly avoids a copy of
 * the API, which could be missing from a bundle, and would reject an SDK registered by an older copy.
 */
export interface OpenTelemetry {
  /** Undefined if spans are not recorded. */
  readonly trace?: TracerProvider | undefined;
  /** Undefined if measurements are not recorded. */
  readonly metrics?: MeterProvider | undefined;
  readonly context?: ContextManager | undefined;
  readonly propagation?: Propagator | undefined;
}

const registryKey = Symbol.for("opentelemetry.js.api.1");
const spanKey = Symbol.for("OpenTelemetry Context Key SPAN");

/**
 * Returns the OpenTelemetry SDK of the program, or `undefined` if none is registered. Cheap enough to call for every
 * RPC, so that a program may start its SDK late. Always returns the same object; its properties change when an SDK is
 * registered.
 */
export function openTelemetry(): OpenTelemetry | undefined {
  const registry = (globalThis as { [registryKey]?: OpenTelemetry })[registryKey];
  return registry?.trace || registry?.metrics ? registry : undefined;
}

/** Context without values. */
export const rootContext: Context = createContext(new Map());

/** Returns a copy of a context with a span as its active span. */
export function setSpan(context: Context, span: Span): Context {
  return context.setValue(spanKey, span);
}

/** Returns the active span of a context. */
export function getSpan(context: Context): Span | undefined {
  return context.getValue(spanKey) as Span | undefined;
}

function createContext(values: ReadonlyMap<symbol, unknown>): Context {
  return {
    getValue: (key) => values.get(key),
    setValue: (key, value) => createContext(new Map(values).set(key, value)),
    deleteValue: (key) => createContext(new Map([...values].filter(([name]) => name !== key))),
  };
}
