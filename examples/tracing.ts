/**
 * Tracing: the spans of client, server and handler form one trace, which OpenTelemetry sends to a collector.
 *
 * Run with `pnpm --filter examples start tracing`.
 */
import { once } from "node:events";
import { createServer as createCollector } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { HelloClient } from "@hello/client";
import { bindService, createServer, type Servicer } from "@hello/grpc-server";
import { HelloResponse, HelloService } from "@hello/proto";
import { trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { NodeSDK } from "@opentelemetry/sdk-node";

interface Span {
  readonly name: string;
  readonly kind: number;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

// In production, use the OpenTelemetry Collector, Jaeger or Grafana Tempo, which listen on port 4318.
const spans: Span[] = [];
const collector = createCollector(async (request, response) => {
  const { resourceSpans } = (await json(request)) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
  spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
  response.setHeader("content-type", "application/json").end("{}");
});
await once(collector.listen(0, "127.0.0.1"), "listening");
const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`;

// Start the SDK before you create servers and clients.
const sdk = new NodeSDK({ serviceName: "hello", traceExporter: new OTLPTraceExporter({ url }), metricReaders: [] });
sdk.start();

const servicer: Servicer<typeof HelloService> = {
  hello: (request) =>
    trace.getTracer("business").startActiveSpan("compose greeting", (span) => {
      const response = new HelloResponse().setValue(`Hello ${request.getValue()}`);
      span.end();
      return response;
    }),
};

const server = createServer({ addresses: ["127.0.0.1:0"], services: [bindService(HelloService, servicer)] });
const [address = ""] = await server.start();
const client = new HelloClient(address);
console.log(await client.hello("World"));
client.close();
await server.shutdown();
await sdk.shutdown();
collector.close();

const kinds = ["unspecified", "internal", "server", "client"];
for (const { name, kind, parentSpanId } of spans.sort((a, b) => b.kind - a.kind)) {
  const parent = spans.find(({ spanId }) => spanId === parentSpanId);
  console.log(`${kinds[kind]} span ${name}${parent ? `, child of the ${kinds[parent.kind]} span` : ""}`);
}
