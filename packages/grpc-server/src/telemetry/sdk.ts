import { setTimeout as delay } from "node:timers/promises";
import { type OpenTelemetry, openTelemetry, reasonOf } from "@hello/grpc-common";
import type { Logger } from "pino";
import { checkEndpoints } from "./check-endpoints.js";
import { createDiagLogger } from "./diag-logger.js";
import { createProcessResource } from "./process-resource.js";
import { readPrometheusAddress, servePrometheus } from "./prometheus.js";
import { readRequestedSignals } from "./requested-signals.js";

/** Running OpenTelemetry SDK. */
export interface TelemetrySdk {
  /**
   * Sends the remaining telemetry, and stops the SDK if this runtime has started it. Gives up if the collector does not
   * respond within two seconds.
   */
  shutdown(): Promise<void>;
}

/** Options of {@link startTelemetrySdk}. */
export interface TelemetrySdkOptions {
  /** Name of the service, unless `OTEL_SERVICE_NAME` is set. */
  readonly serviceName: string;
  /** Logger for problems of the SDK. */
  readonly logger: Logger;
  /** Number of this worker process, from 0, if it is one. */
  readonly worker?: number | undefined;
}

/** Parts of a provider that the API does not declare. */
interface Provider {
  /** Returns the provider behind the registered one. */
  getDelegate?(): Provider;
  forceFlush?(): Promise<void>;
}

const flushTimeoutMs = 2_000;

/**
 * Loads and starts the OpenTelemetry SDK if the standard `OTEL_*` variables request it. Uses an SDK that is already
 * registered, for instance by `node --import`, instead. Call before creating anything that should be instrumented.
 *
 * @throws Error if the SDK is not installed, a variable is invalid, or the endpoint for Prometheus cannot listen.
 */
export async function startTelemetrySdk(options: TelemetrySdkOptions): Promise<TelemetrySdk | undefined> {
  const { logger, worker } = options;
  const { env } = process;
  const registered = openTelemetry();
  if (registered !== undefined) {
    return { shutdown: () => waitUntilSent(flush(registered), logger) };
  }
  const { traces, metrics } = readRequestedSignals(env);
  if (!(traces || metrics)) {
    return undefined;
  }
  checkEndpoints(env);
  const { api, core, resources, NodeSDK } = await loadOptional(import("@opentelemetry/sdk-node"));
  const logLevel = core.diagLogLevelFromString(env["OTEL_LOG_LEVEL"]) ?? api.DiagLogLevel.WARN;
  // If the variable were set, the SDK would replace this logger with the console.
  delete env["OTEL_LOG_LEVEL"];
  api.diag.setLogger(createDiagLogger(logger), { logLevel, suppressOverrideMessage: true });
  core.setGlobalErrorHandler((error) => logger.error({ err: error, component: "opentelemetry" }, "telemetry failed"));

  const exporter = metrics && usesPrometheus(env) ? await createPrometheusExporter() : undefined;
  const prometheus = exporter && (await servePrometheus(exporter, readPrometheusAddress(env, worker)));
  const sdk = new NodeSDK({
    resource: await createProcessResource(resources, options),
    autoDetectResources: false,
    // The SDK reads options that are missing here from the variables.
    ...(!traces && { spanProcessors: [] }),
    ...(!metrics && { metricReaders: [] }),
    ...(exporter && { metricReaders: [exporter] }),
    logRecordProcessors: [],
  });
  sdk.start();
  if (!traces) {
    // Only spans need the context manager, which slows down every promise before Node 24.
    api.context.disable();
  }
  logger.info({ traces, metrics, prometheus: prometheus?.url }, "telemetry started");

  return {
    async shutdown() {
      await waitUntilSent(sdk.shutdown(), logger);
      prometheus?.close();
    },
  };
}

/** Flushes the providers of an SDK. Its owner may not get to shut it down before the process exits. */
async function flush({ trace, metrics }: OpenTelemetry): Promise<void> {
  const providers = [trace, metrics] as readonly (Provider | undefined)[];
  await Promise.all(providers.map((provider) => (provider?.getDelegate?.() ?? provider)?.forceFlush?.()));
}

/** Waits until telemetry is sent, but no longer than two seconds. */
async function waitUntilSent(sent: Promise<void>, logger: Logger): Promise<void> {
  const timer = new AbortController();
  const timeout = delay(flushTimeoutMs, "timeout", { signal: timer.signal }).catch(() => "aborted");
  try {
    if ((await Promise.race([sent, timeout])) === "timeout") {
      logger.warn({ flushTimeoutMs }, "telemetry not sent: the collector does not respond");
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
    throw new Error(`OTEL_METRICS_EXPORTER: prometheus must be the only exporter, not part of "${exporters}"`);
  }
  return exporters.includes("prometheus");
}

async function createPrometheusExporter() {
  const { PrometheusExporter } = await loadOptional(import("@opentelemetry/exporter-prometheus"));
  return new PrometheusExporter({ preventServerStart: true });
}

async function loadOptional<Module>(loading: Promise<Module>): Promise<Module> {
  try {
    return await loading;
  } catch (error) {
    throw new Error(
      `the OTEL_* variables request telemetry, but its optional dependencies are not installed (${reasonOf(error)}); ` +
        "install without --no-optional or --omit=optional, or set OTEL_SDK_DISABLED=true",
      { cause: error },
    );
  }
}
