import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { PrometheusExporter } from "@opentelemetry/exporter-prometheus";

/** An endpoint that Prometheus scrapes. */
export interface PrometheusEndpoint {
  /** Its address, like `http://127.0.0.1:9464/metrics`. */
  readonly url: string;
  close(): void;
}

/**
 * Where the environment wants metrics served: `OTEL_EXPORTER_PROMETHEUS_HOST`, by default localhost, and
 * `OTEL_EXPORTER_PROMETHEUS_PORT`, by default 9464, to which a worker adds its number. Port 0 is any free one.
 */
export function prometheusAddress(env: NodeJS.ProcessEnv, worker = 0): { host: string; port: number } {
  const port = Number(env["OTEL_EXPORTER_PROMETHEUS_PORT"] || 9464);
  return { host: env["OTEL_EXPORTER_PROMETHEUS_HOST"] || "localhost", port: port === 0 ? 0 : port + worker };
}

/**
 * Serves what an exporter has collected. It keeps no process alive.
 *
 * @throws Error with a message for a person where it cannot listen.
 */
export async function servePrometheus(
  exporter: PrometheusExporter,
  address: { host: string; port: number },
): Promise<PrometheusEndpoint> {
  // The exporter's own server cannot listen on any free port, and reports a port in use to nobody.
  const server = createServer((request, response) => {
    if (request.url === "/metrics") {
      exporter.getMetricsRequestHandler(request, response);
    } else {
      response.writeHead(404).end();
    }
  });
  try {
    // Exclusive: the workers of a cluster would else share one endpoint, and each scrape meet another of them.
    server.listen({ ...address, exclusive: true });
    await once(server, "listening");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `cannot serve metrics to Prometheus: ${reason}; ` +
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
