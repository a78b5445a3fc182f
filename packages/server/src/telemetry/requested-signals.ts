/** What the environment asks an OpenTelemetry SDK for. */
export interface RequestedSignals {
  readonly traces: boolean;
  readonly metrics: boolean;
}

/**
 * Which signals the standard variables ask for: those whose exporter they name, other than `none`, and those for which
 * they name an OTLP endpoint and no exporter. An empty variable counts as unset.
 *
 * This is narrower than the specification, by which an SDK with no variable set exports everything to localhost.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function requestedSignals(env: NodeJS.ProcessEnv): RequestedSignals {
  const disabled = env["OTEL_SDK_DISABLED"]?.trim().toLowerCase() === "true";
  const requested = (signal: "TRACES" | "METRICS") => {
    const exporter = env[`OTEL_${signal}_EXPORTER`]?.trim();
    const endpoint = env["OTEL_EXPORTER_OTLP_ENDPOINT"] || env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`];
    return !disabled && (exporter ? exporter !== "none" : Boolean(endpoint));
  };
  return { traces: requested("TRACES"), metrics: requested("METRICS") };
}
