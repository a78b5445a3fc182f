/**
 * Checks the endpoints in the environment, because the SDK reports an invalid one only as `Invalid URL`.
 *
 * @throws Error that names the variable.
 */
export function checkEndpoints(env: NodeJS.ProcessEnv): void {
  for (const variable of variables) {
    const endpoint = env[variable]?.trim();
    const protocol = env[variable.replace(/ENDPOINT$/, "PROTOCOL")] || env["OTEL_EXPORTER_OTLP_PROTOCOL"];
    // The exporter for gRPC accepts `host:port`, too.
    const url = endpoint && protocol === "grpc" && !endpoint.includes("://") ? `http://${endpoint}` : endpoint;
    if (url && !(URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))) {
      throw new Error(`${variable}: invalid URL "${endpoint}"; use a URL like http://localhost:4318`);
    }
  }
}

const variables = [
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
  "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
];
