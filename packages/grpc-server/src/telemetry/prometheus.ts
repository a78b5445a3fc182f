import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { reasonOf } from "@hello/grpc-common";
import type { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { isMissingAddress } from "../sockets/bind-failure.js";
import { lookupHost } from "../sockets/lookup-host.js";

/** Endpoint that Prometheus scrapes. */
export interface PrometheusEndpoint {
  /** Address, like `http://127.0.0.1:9464/metrics`. */
  readonly url: string;
  close(): void;
}

/**
 * Reads the address from the environment: `OTEL_EXPORTER_PROMETHEUS_HOST`, by default localhost, and
 * `OTEL_EXPORTER_PROMETHEUS_PORT`, by default 9464, to which a worker adds its number. Port 0 selects a free port.
 *
 * @throws Error if the port, including the number of the worker, is out of range.
 */
export function readPrometheusAddress(env: NodeJS.ProcessEnv, worker = 0): { host: string; port: number } {
  const text = env["OTEL_EXPORTER_PROMETHEUS_PORT"] || "9464";
  const port = Number(text) === 0 ? 0 : Number(text) + worker;
  if (!(/^\d+$/.test(text) && port <= 65_535)) {
    const reason = worker === 0 ? "" : ` because worker ${worker} adds its number`;
    throw new Error(
      `OTEL_EXPORTER_PROMETHEUS_PORT must be a port from 0 to ${65_535 - worker}${reason}, not "${text}"`,
    );
  }
  return { host: env["OTEL_EXPORTER_PROMETHEUS_HOST"] || "localhost", port };
}

/**
 * Serves the metrics of an exporter on every address of the host. Does not keep the process alive.
 *
 * @throws Error if it cannot listen.
 */
export async function servePrometheus(
  exporter: PrometheusExporter,
  { host, port }: { host: string; port: number },
): Promise<PrometheusEndpoint> {
  // The exporter's own server does not support port 0, and does not report a port in use.
  const servers: Server[] = [];
  const close = () => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
  let missing: unknown;
  try {
    for (const address of await lookupHost(host)) {
      try {
        const sharedPort = servers[0] === undefined ? port : (servers[0].address() as AddressInfo).port;
        servers.push(await serve(address, sharedPort, (...call) => onRequest(exporter, ...call)));
      } catch (error) {
        if (!isMissingAddress(error)) {
          throw error;
        }
        missing = error;
      }
    }
    if (servers[0] === undefined) {
      throw missing;
    }
    return { url: urlOf(servers[0]), close };
  } catch (error) {
    close();
    throw new Error(
      `cannot serve metrics to Prometheus: ${reasonOf(error)}; ` +
        "choose another address with OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT",
      { cause: error },
    );
  }
}

async function serve(host: string, port: number, onRequest: RequestListener): Promise<Server> {
  const server = createServer(onRequest);
  // If it were not exclusive, the workers of a cluster would share one endpoint.
  server.listen({ host, port, exclusive: true });
  await once(server, "listening");
  return server.unref();
}

function onRequest(exporter: PrometheusExporter, ...[request, response]: Parameters<RequestListener>): void {
  // The request target may have a query, and is a full URL if the request comes through a proxy.
  const { url = "" } = request;
  if (URL.canParse(url, origin) && new URL(url, origin).pathname === "/metrics") {
    exporter.getMetricsRequestHandler(request, response);
  } else {
    response.writeHead(404).end();
  }
}

const origin = "http://localhost";

function urlOf(server: Server): string {
  const { family, address, port } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}/metrics`;
}
