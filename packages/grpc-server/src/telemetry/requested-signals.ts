/** Signals that the environment requests. */
export interface RequestedSignals {
  readonly traces: boolean;
  readonly metrics: boolean;
}

/**
 * Returns the signals that the standard variables request: those with an exporter other than `none`, and those with an
 * OTLP endpoint and no exporter. An empty variable counts as unset.
 *
 * This is stricter than the specification, in which an SDK exports everything to localhost if no variable is set.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function readRequestedSignals(env: NodeJS.ProcessEnv): RequestedSignals {
  const disabled = env["OTEL_SDK_DISABLED"]?.trim().toLowerCase() === "true";
  const requested = (signal: "TRACES" | "METRICS") => {
    const exporter = env[`OTEL_${signal}_EXPORTER`]?.trim();
    const endpoint = env["OTEL_EXPORTER_OTLP_ENDPOINT"] || env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`];
    return !disabled && (exporter ? exporter !== "none" : Boolean(endpoint));
  };
  return { traces: requested("TRACES"), metrics: requested("METRICS") };
}
