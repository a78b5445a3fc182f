import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { reasonOf } from "@hello/grpc-common";
import type { PrometheusExporter } from "@opentelemetry/exporter-prometheus";

/** Endpoint that Prometheus scrapes. */
export interface PrometheusEndpoint {
  /** Address, like `http://127.0.0.1:9464/metrics`. */
  readonly url: string;
  close(): void;
}

/**
 * Reads the address from the environment: `OTEL_EXPORTER_PROMETHEUS_HOST`, default localhost, and
 * `OTEL_EXPORTER_PROMETHEUS_PORT`, default 9464, to which a worker adds its number. Port 0 stands for any free port.
 */
export function prometheusAddress(env: NodeJS.ProcessEnv, worker = 0): { host: string; port: number } {
  const port = Number(env["OTEL_EXPORTER_PROMETHEUS_PORT"] || 9464);
  return { host: env["OTEL_EXPORTER_PROMETHEUS_HOST"] || "localhost", port: port === 0 ? 0 : port + worker };
}

/**
 * Serves the metrics of an exporter. Keeps no process alive.
 *
 * @throws Error if it cannot listen.
 */
export async function servePrometheus(
  exporter: PrometheusExporter,
  address: { host: string; port: number },
): Promise<PrometheusEndpoint> {
  // The exporter's own server cannot listen on any free port, and does not report a port in use.
  const server = createServer((request, response) => {
    if (request.url === "/metrics") {
      exporter.getMetricsRequestHandler(request, response);
    } else {
      response.writeHead(404).end();
    }
  });
  try {
    // Exclusive, because the workers of a cluster would otherwise share one endpoint.
    server.listen({ ...address, exclusive: true });
    await once(server, "listening");
  } catch (error) {
    throw new Error(
      `cannot serve metrics to Prometheus: ${reasonOf(error)}; ` +
        "OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT choose another address",
      { cause: error },
    );
  }
  server.unref();
  const bound = server.address() as AddressInfo;
  return {
    url: `http://${bound.family === "IPv6" ? `[${bound.address}]` : bound.address}:${bound.port}/metrics`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
