import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { diagnosticsTo } from "./diagnostics.js";
import { openTelemetry } from "./open-telemetry.js";
import { describeProcess } from "./process-resource.js";
import { prometheusAddress, servePrometheus } from "./prometheus.js";
import { requestedSignals } from "./requested-signals.js";

/** A running OpenTelemetry SDK. */
export interface TelemetrySdk {
  /** Sends what is left, and stops. A collector that does not answer delays it by two seconds, and then loses it. */
  shutdown(): Promise<void>;
}

/** What an SDK must know of the process. */
export interface TelemetrySdkOptions {
  /** The name of the service where `OTEL_SERVICE_NAME` gives none. */
  readonly serviceName: string;
  /** Where the SDK's own troubles go. */
  readonly logger: Logger;
  /** The number of this process, from 0, among several that serve as one. */
  readonly worker?: number;
}

const flushMs = 2_000;

/**
 * Loads and starts the OpenTelemetry SDK if the standard `OTEL_*` variables ask for it. Does nothing otherwise, or where
 * one is registered already. To be called before what shall be measured is made.
 *
 * @throws Error with a message for a person where it is not installed, or cannot serve Prometheus.
 */
export async function startTelemetrySdk(options: TelemetrySdkOptions): Promise<TelemetrySdk | undefined> {
  const { logger, worker } = options;
  const { env } = process;
  const { traces, metrics } = requestedSignals(env);
  if (!(traces || metrics) || openTelemetry() !== undefined) {
    return undefined;
  }
  const { api, core, resources, NodeSDK } = await installed(import("@opentelemetry/sdk-node"));
  const logLevel = core.diagLogLevelFromString(env["OTEL_LOG_LEVEL"]) ?? api.DiagLogLevel.WARN;
  // Otherwise the SDK puts the console in the place of the log.
  delete env["OTEL_LOG_LEVEL"];
  api.diag.setLogger(diagnosticsTo(logger), { logLevel, suppressOverrideMessage: true });
  core.setGlobalErrorHandler((error) => logger.error({ err: error, component: "opentelemetry" }, "telemetry failed"));

  const exporter = metrics && usesPrometheus(env) ? await createPrometheusExporter() : undefined;
  const prometheus = exporter && (await servePrometheus(exporter, prometheusAddress(env, worker)));
  const sdk = new NodeSDK({
    resource: await describeProcess(resources, options),
    autoDetectResources: false,
    // What is left out here, the SDK takes from the variables.
    ...(!traces && { spanProcessors: [] }),
    ...(!metrics && { metricReaders: [] }),
    ...(exporter && { metricReaders: [exporter] }),
    logRecordProcessors: [],
  });
  sdk.start();
  if (!traces) {
    // Spans alone need the context manager, which before Node 24 slows every promise down.
    api.context.disable();
  }
  logger.info({ traces, metrics, prometheus: prometheus?.url }, "telemetry started");

  return {
    async shutdown() {
      const timer = new AbortController();
      const timeout = delay(flushMs, "timeout", { signal: timer.signal }).catch(() => "aborted");
      try {
        if ((await Promise.race([sdk.shutdown(), timeout])) === "timeout") {
          logger.warn({ flushMs }, "telemetry not sent: the collector does not answer");
        }
      } catch (error) {
        logger.warn({ err: error }, "telemetry not sent");
      } finally {
        timer.abort();
      }
      prometheus?.close();
    },
  };
}

function usesPrometheus(env: NodeJS.ProcessEnv): boolean {
  const exporters = (env["OTEL_METRICS_EXPORTER"] ?? "").split(",").map((name) => name.trim());
  if (exporters.includes("prometheus") && exporters.length > 1) {
    throw new Error(`OTEL_METRICS_EXPORTER: prometheus works alone, not in "${exporters}"`);
  }
  return exporters.includes("prometheus");
}

async function createPrometheusExporter() {
  const { PrometheusExporter } = await installed(import("@opentelemetry/exporter-prometheus"));
  return new PrometheusExporter({ preventServerStart: true });
}

async function installed<Module>(loading: Promise<Module>): Promise<Module> {
  try {
    return await loading;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `the OTEL_ variables ask for telemetry, but its optional dependencies are not installed (${reason}); ` +
        "install without --no-optional or --omit=optional, or set OTEL_SDK_DISABLED=true",
      { cause: error },
    );
  }
}
