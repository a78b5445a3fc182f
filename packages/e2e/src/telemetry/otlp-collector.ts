import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { Server, type sendUnaryData } from "@grpc/grpc-js";
import { bind } from "@hello/testing/grpc-server";
import protobuf from "protobufjs";

/** Collector of OpenTelemetry data on the loopback interface: OTLP over HTTP with protobuf, and over gRPC. */
export interface OtlpCollector extends AsyncDisposable {
  /** Endpoint for each value of OTEL_EXPORTER_OTLP_PROTOCOL. */
  readonly endpoints: Readonly<Record<"http/protobuf" | "grpc", string>>;
  /** Spans received so far. */
  readonly spans: readonly CollectedSpan[];
  /** Metrics received so far. */
  readonly metrics: readonly CollectedMetric[];
}

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Span that the collector has received. */
export interface CollectedSpan {
  readonly resource: Attributes;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: Attributes;
}

/** Metric that the collector has received. */
export interface CollectedMetric {
  readonly resource: Attributes;
  readonly name: string;
  readonly unit: string;
  readonly points: readonly { readonly attributes: Attributes; readonly bounds: readonly number[] }[];
}

/** Part of opentelemetry-proto that the tests read, with the original field numbers. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Traces { repeated ResourceSpans resources = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scopes = 2; }
  message ScopeSpans { repeated Span items = 2; }
  message Span {
    bytes trace_id = 1;
    bytes span_id = 2;
    bytes parent_span_id = 4;
    string name = 5;
    repeated KeyValue attributes = 9;
  }
  message Metrics { repeated ResourceMetrics resources = 1; }
  message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scopes = 2; }
  message ScopeMetrics { repeated Metric items = 2; }
  message Metric { string name = 1; string unit = 3; Sum sum = 7; Histogram histogram = 9; }
  message Sum { repeated NumberPoint points = 1; }
  message NumberPoint { repeated KeyValue attributes = 7; }
  message Histogram { repeated HistogramPoint points = 1; }
  message HistogramPoint { repeated double bounds = 7; repeated KeyValue attributes = 9; }
  message Resource { repeated KeyValue attributes = 1; }
  message KeyValue { string key = 1; Value value = 2; }
  message Value { oneof kind { string text = 1; int64 integer = 3; double number = 4; } }
`);

interface KeyValue {
  readonly key: string;
  readonly value: { readonly text?: string; readonly integer?: number; readonly number?: number };
}

interface Point {
  readonly attributes: readonly KeyValue[];
  readonly bounds?: readonly number[];
}

interface Item {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: readonly KeyValue[];
  readonly unit: string;
  readonly sum?: { readonly points: readonly Point[] };
  readonly histogram?: { readonly points: readonly Point[] };
}

interface Request {
  readonly resources: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopes: readonly { readonly items: readonly Item[] }[];
  }[];
}

function toRecord(attributes: readonly KeyValue[]): Attributes {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.text ?? value.integer ?? value.number]));
}

/** Decodes an export request into its items, each with its resource. */
function decode(type: "Traces" | "Metrics", body: Uint8Array): (Item & { resourceAttributes: Attributes })[] {
  const message = root.lookupType(type);
  const options = { bytes: String, longs: Number, arrays: true };
  const { resources } = message.toObject(message.decode(body), options) as Request;
  return resources.flatMap(({ resource, scopes }) =>
    scopes.flatMap(({ items }) =>
      items.map((item) => ({ ...item, resourceAttributes: toRecord(resource.attributes) })),
    ),
  );
}

const hex = (base64: string | undefined) => Buffer.from(base64 ?? "", "base64").toString("hex");

/** Starts a collector on free ports of the loopback interface. */
export async function startOtlpCollector(): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = [];
  const metrics: CollectedMetric[] = [];
  const collect = {
    Traces(body: Uint8Array) {
      for (const { resourceAttributes: resource, ...span } of decode("Traces", body)) {
        const { traceId, spanId, parentSpanId, name, attributes } = span;
        const ids = { traceId: hex(traceId), spanId: hex(spanId), parentSpanId: hex(parentSpanId) };
        spans.push({ ...ids, resource, name, attributes: toRecord(attributes) });
      }
    },
    Metrics(body: Uint8Array) {
      for (const { resourceAttributes: resource, name, unit, sum, histogram } of decode("Metrics", body)) {
        const points = (sum ?? histogram)?.points ?? [];
        metrics.push({
          resource,
          name,
          unit,
          points: points.map(({ attributes, bounds = [] }) => ({ attributes: toRecord(attributes), bounds })),
        });
      }
    },
  };

  const http = createServer(async (request, response) => {
    const kind = { "/v1/traces": "Traces", "/v1/metrics": "Metrics" } as const;
    const type = kind[request.url as keyof typeof kind];
    if (type === undefined || request.headers["content-type"] !== "application/x-protobuf") {
      response.writeHead(400).end();
      return;
    }
    collect[type](await buffer(request));
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));

  const grpc = new Server();
  for (const type of ["Traces", "Metrics"] as const) {
    const signal = type === "Traces" ? "Trace" : "Metrics";
    const method = {
      path: `/opentelemetry.proto.collector.${signal.toLowerCase()}.v1.${signal}Service/Export`,
      requestStream: false,
      responseStream: false,
      requestSerialize: Buffer.from,
      requestDeserialize: (bytes: Buffer) => bytes,
      responseSerialize: () => Buffer.alloc(0),
      responseDeserialize: () => ({}),
    };
    grpc.addService(
      { export: method },
      {
        export({ request }: { request: Buffer }, callback: sendUnaryData<object>) {
          collect[type](request);
          callback(null, {});
        },
      },
    );
  }
  const grpcAddress = await bind(grpc);
  return {
    endpoints: {
      "http/protobuf": `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
      grpc: `http://${grpcAddress}`,
    },
    spans,
    metrics,
    async [Symbol.asyncDispose]() {
      grpc.forceShutdown();
      http.closeAllConnections();
      http.close();
    },
  };
}
