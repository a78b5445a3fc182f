/*
 * Subset of the OpenTelemetry API, with the names and meanings of `@opentelemetry/api` 1.x. Types imported from that
 * package would make it a dependency of every user.
 */

/** Values scoped to an execution. Immutable. */
export interface Context {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): Context;
  deleteValue(key: symbol): Context;
}

/** Registry of the active context. */
export interface ContextManager {
  active(): Context;
  with(context: Context, run: () => void): void;
}

/** Attributes of a span or a measurement. */
export type Attributes = Record<string, string | number>;

/** Span of a trace. */
export interface Span {
  spanContext(): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number };
  setAttribute(name: string, value: string | number): unknown;
  setStatus(status: { readonly code: number; readonly message?: string | undefined }): unknown;
  end(): void;
}

/** Values of `SpanKind`. */
export const spanKind = { server: 1, client: 2 } as const;

/** Value of `SpanStatusCode.ERROR`. */
export const spanError = 2;

/** Provider of tracers. */
export interface TracerProvider {
  getTracer(name: string): Tracer;
}

/** Creator of spans. */
export interface Tracer {
  startSpan(name: string, options: { readonly kind: number; readonly attributes: Attributes }, parent: Context): Span;
}

/** Provider of meters. */
export interface MeterProvider {
  getMeter(name: string): Meter;
}

/** Options of an instrument. */
export interface InstrumentOptions {
  readonly description: string;
  readonly unit: string;
  readonly advice?: { explicitBucketBoundaries: number[] };
}

/** Creator of instruments. */
export interface Meter {
  createCounter(name: string, options: InstrumentOptions): { add(value: number, attributes: Attributes): void };
  createHistogram(name: string, options: InstrumentOptions): { record(value: number, attributes: Attributes): void };
}

/** Reader and writer of context, such as trace context, in a carrier, such as the metadata of a call. */
export interface Propagator {
  inject<Carrier>(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void;
  extract<Carrier>(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context;
}

/** Writer of the entries of a carrier. */
export interface TextMapSetter<Carrier> {
  set(carrier: Carrier, name: string, value: string): void;
}

/** Reader of the entries of a carrier. */
export interface TextMapGetter<Carrier> {
  keys(carrier: Carrier): string[];
  get(carrier: Carrier, name: string): undefined | string | string[];
}
