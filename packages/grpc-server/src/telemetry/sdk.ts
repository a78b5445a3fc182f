import { setTimeout as delay } from "node:timers/promises";
import { type OpenTelemetry, openTelemetry, reasonOf } from "@hello/grpc-common";
import type { Logger } from "pino";
import { checkEndpoints } from "./check-endpoints.js";
import { diagnosticsTo } from "./diagnostics.js";
import { describeProcess } from "./process-resource.js";
import { prometheusAddress, servePrometheus } from "./prometheus.js";
import { requestedSignals } from "./requested-signals.js";

/** Running OpenTelemetry SDK. */
export interface TelemetrySdk {
  /**
   * Sends the remaining telemetry, and stops the SDK if this runtime has started it. If the collector does not answer
   * within two seconds, the telemetry is lost.
   */
  shutdown(): Promise<void>;
}

/** Options of {@link startTelemetrySdk}. */
export interface TelemetrySdkOptions {
  /** Name of the service, unless `OTEL_SERVICE_NAME` is set. */
  readonly serviceName: string;
  /** Logger for the SDK's own problems. */
  readonly logger: Logger;
  /** Number of this process, from 0, among several that serve as one. */
  readonly worker?: number | undefined;
}

/** Parts of a provider that the API does not declare. */
interface Provider {
  /** Returns the provider behind the one that is registered. */
  getDelegate?(): Provider;
  forceFlush?(): Promise<void>;
}

const flushMs = 2_000;

/**
 * Loads and starts the OpenTelemetry SDK if the standard `OTEL_*` variables request it. An SDK that is already registered,
 * by `node --import` for instance, is used instead. Call before creating anything that should be instrumented.
 *
 * @throws Error if it is not installed, a variable is invalid, or Prometheus cannot be served.
 */
export async function startTelemetrySdk(options: TelemetrySdkOptions): Promise<TelemetrySdk | undefined> {
  const { logger, worker } = options;
  const { env } = process;
  const registered = openTelemetry();
  if (registered !== undefined) {
    return { shutdown: () => settle(flush(registered), logger) };
  }
  const { traces, metrics } = requestedSignals(env);
  if (!(traces || metrics)) {
    return undefined;
  }
  checkEndpoints(env);
  const { api, core, resources, NodeSDK } = await installed(import("@opentelemetry/sdk-node"));
  const logLevel = core.diagLogLevelFromString(env["OTEL_LOG_LEVEL"]) ?? api.DiagLogLevel.WARN;
  // Otherwise the SDK replaces this logger by the console.
  delete env["OTEL_LOG_LEVEL"];
  api.diag.setLogger(diagnosticsTo(logger), { logLevel, suppressOverrideMessage: true });
  core.setGlobalErrorHandler((error) => logger.error({ err: error, component: "opentelemetry" }, "telemetry failed"));

  const exporter = metrics && usesPrometheus(env) ? await createPrometheusExporter() : undefined;
  const prometheus = exporter && (await servePrometheus(exporter, prometheusAddress(env, worker)));
  const sdk = new NodeSDK({
    resource: await describeProcess(resources, options),
    autoDetectResources: false,
    // The SDK takes options that are left out from the variables.
    ...(!traces && { spanProcessors: [] }),
    ...(!metrics && { metricReaders: [] }),
    ...(exporter && { metricReaders: [exporter] }),
    logRecordProcessors: [],
  });
  sdk.start();
  if (!traces) {
    // Only spans need the context manager, which slows every promise before Node 24.
    api.context.disable();
  }
  logger.info({ traces, metrics, prometheus: prometheus?.url }, "telemetry started");

  return {
    async shutdown() {
      await settle(sdk.shutdown(), logger);
      prometheus?.close();
    },
  };
}

/** Flushes the providers of an SDK, which its owner may have no opportunity to shut down before the process exits. */
async function flush({ trace, metrics }: OpenTelemetry): Promise<void> {
  const providers = [trace, metrics] as readonly (Provider | undefined)[];
  await Promise.all(providers.map((provider) => (provider?.getDelegate?.() ?? provider)?.forceFlush?.()));
}

/** Waits until telemetry is sent, for two seconds at most. */
async function settle(sent: Promise<void>, logger: Logger): Promise<void> {
  const timer = new AbortController();
  const timeout = delay(flushMs, "timeout", { signal: timer.signal }).catch(() => "aborted");
  try {
    if ((await Promise.race([sent, timeout])) === "timeout") {
      logger.warn({ flushMs }, "telemetry not sent: the collector does not answer");
    }
  } catch (error) {
    logger.warn({ err: error }, "telemetry not sent");
  } finally {
    timer.abort();
  }
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
    throw new Error(
      `the OTEL_ variables ask for telemetry, but its optional dependencies are not installed (${reasonOf(error)}); ` +
        "install without --no-optional or --omit=optional, or set OTEL_SDK_DISABLED=true",
      { cause: error },
    );
  }
}
