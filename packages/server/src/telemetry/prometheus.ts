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
 * Serves what an exporter has collected on `OTEL_EXPORTER_PROMETHEUS_HOST`, by default localhost, and
 * `OTEL_EXPORTER_PROMETHEUS_PORT`, by default 9464; a worker adds its number to the port. It keeps no process alive.
 *
 * @throws Error with a message for a person where it cannot listen.
 */
export async function servePrometheus(
  exporter: PrometheusExporter,
  env: NodeJS.ProcessEnv,
  worker = 0,
): Promise<PrometheusEndpoint> {
  const host = env["OTEL_EXPORTER_PROMETHEUS_HOST"] || "localhost";
  const first = env["OTEL_EXPORTER_PROMETHEUS_PORT"] || "9464";
  // The exporter's own server cannot listen on any free port, and reports a port in use to nobody.
  const server = createServer((request, response) => {
    if (request.url === "/metrics") {
      exporter.getMetricsRequestHandler(request, response);
    } else {
      response.writeHead(404).end();
    }
  });
  try {
    const port = Number(first);
    server.listen({ host, port: port === 0 ? 0 : port + worker });
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
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}/metrics`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
