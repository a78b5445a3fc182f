import type { Context, ContextManager, MeterProvider, Propagator, Span, TracerProvider } from "./open-telemetry-api.js";

/**
 * Parts of an OpenTelemetry SDK that are registered with the API.
 *
 * Every copy and every 1.x version of `@opentelemetry/api` registers them in the same place. Taken from there they need
 * no copy of our own, which might be missing from a bundle, and which rejects an SDK that was registered by an older one.
 */
export interface OpenTelemetry {
  /** Set if spans are recorded. */
  readonly trace?: TracerProvider | undefined;
  /** Set if measurements are recorded. */
  readonly metrics?: MeterProvider | undefined;
  readonly context?: ContextManager | undefined;
  readonly propagation?: Propagator | undefined;
}

const registryKey = Symbol.for("opentelemetry.js.api.1");
const spanKey = Symbol.for("OpenTelemetry Context Key SPAN");

/**
 * Returns the OpenTelemetry SDK of the program, or `undefined` if none is registered. Cheap enough to call for every RPC, so a
 * program may start its SDK late. Always returns the same object, whose properties change when an SDK is registered.
 */
export function openTelemetry(): OpenTelemetry | undefined {
  const registry = (globalThis as { [registryKey]?: OpenTelemetry })[registryKey];
  return registry?.trace || registry?.metrics ? registry : undefined;
}

/** Context without values. */
export const rootContext: Context = createContext(new Map());

/** Returns a context in which a span is the active one. */
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
