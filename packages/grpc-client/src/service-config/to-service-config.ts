import { checkKeys, checkNumber } from "@hello/grpc-common";
import { checkRetryThrottling, checkServiceConfig, checkStatuses } from "./check-service-config.js";
import type { HedgingOptions, ResilienceOptions, RetryOptions } from "./resilience-options.js";
import type { ServiceConfig } from "./service-config.js";

/**
 * Checks the options and converts them to a service config.
 *
 * @param loadBalancing Load-balancing policy: the option, or its default.
 * @throws TypeError that names invalid or conflicting options.
 */
export function toServiceConfig(
  options: ResilienceOptions & { readonly loadBalancing?: string | undefined },
  loadBalancing: string,
): ServiceConfig {
  const { retry, hedging, serviceConfig } = options;
  if (serviceConfig !== undefined) {
    const other = (["loadBalancing", "retry", "hedging", "retryThrottling"] as const).find(
      (name) => options[name] !== undefined,
    );
    if (other !== undefined) {
      throw new TypeError(`serviceConfig and ${other} are mutually exclusive`);
    }
    checkServiceConfig("serviceConfig", serviceConfig);
    return serviceConfig;
  }
  if (hedging !== undefined && retry) {
    throw new TypeError("retry and hedging are mutually exclusive");
  }
  const retryThrottling = options.retryThrottling ?? { maxTokens: 1_000, tokenRatio: 0.1 };
  if (retryThrottling) {
    checkRetryThrottling("retryThrottling", retryThrottling);
  }
  return {
    loadBalancingConfig: [{ [loadBalancing]: {} }],
    ...(retryThrottling && { retryThrottling }),
    methodConfig:
      hedging !== undefined ? [toHedgingConfig(hedging)] : retry !== false ? [toRetryConfig(retry ?? {})] : [],
  };
}

/** Returns the largest number of attempts that a service config allows for a call. */
export function findMaxAttempts({ methodConfig = [] }: ServiceConfig): number {
  return Math.max(
    1,
    ...methodConfig.map(({ retryPolicy, hedgingPolicy }) => (retryPolicy ?? hedgingPolicy)?.maxAttempts ?? 1),
  );
}

function toRetryConfig(retry: RetryOptions) {
  checkKeys("retry", retry, ["maxAttempts", "initialBackoffMs", "maxBackoffMs", "backoffMultiplier", "statuses"]);
  const {
    maxAttempts = 4,
    initialBackoffMs = 50,
    maxBackoffMs = 1_000,
    backoffMultiplier = 2,
    statuses = ["UNAVAILABLE"],
  } = retry;
  checkNumber("retry.maxAttempts", maxAttempts, { min: 2 });
  checkNumber("retry.initialBackoffMs", initialBackoffMs, { min: 1 });
  checkNumber("retry.maxBackoffMs", maxBackoffMs, { min: 1 });
  checkNumber("retry.backoffMultiplier", backoffMultiplier, { min: 1, integer: false });
  checkStatuses("retry.statuses", statuses);
  if (statuses.length === 0) {
    throw new TypeError("retry.statuses must not be empty: set retry to false for no retries");
  }
  if (initialBackoffMs > maxBackoffMs) {
    throw new TypeError(
      `retry.initialBackoffMs (${initialBackoffMs}) must not exceed retry.maxBackoffMs (${maxBackoffMs})`,
    );
  }
  return {
    name: [{}],
    retryPolicy: {
      maxAttempts,
      initialBackoff: formatDuration(initialBackoffMs),
      maxBackoff: formatDuration(maxBackoffMs),
      backoffMultiplier,
      retryableStatusCodes: statuses,
    },
  };
}

function toHedgingConfig(hedging: HedgingOptions) {
  checkKeys("hedging", hedging, ["maxAttempts", "delayMs", "nonFatalStatuses"]);
  const { maxAttempts = 3, delayMs, nonFatalStatuses = ["UNAVAILABLE"] } = hedging;
  checkNumber("hedging.maxAttempts", maxAttempts, { min: 2 });
  if (delayMs === undefined) {
    throw new TypeError("hedging.delayMs is missing");
  }
  checkNumber("hedging.delayMs", delayMs, { min: 0 });
  checkStatuses("hedging.nonFatalStatuses", nonFatalStatuses);
  return {
    name: [{}],
    hedgingPolicy: { maxAttempts, hedgingDelay: formatDuration(delayMs), nonFatalStatusCodes: nonFatalStatuses },
  };
}

/** Formats a duration for a service config. */
function formatDuration(ms: number): string {
  return `${ms / 1_000}s`;
}
