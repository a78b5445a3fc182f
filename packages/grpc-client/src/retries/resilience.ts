import { checkKeys, checkNumber } from "@hello/grpc-common";
import { type ClientOptions, clientOptionTable } from "../channel/client-options.js";
import type { StatusName } from "../errors/status-name.js";
import { checkRetryThrottling, checkServiceConfig, checkStatuses } from "./check-service-config.js";
import type { RetryThrottling, ServiceConfig } from "./service-config.js";

/** Retry options. A call is not retried once its response has begun. */
export interface RetryOptions {
  /** Maximum number of attempts, including the first; at least 2. Default 4. */
  readonly maxAttempts?: number | undefined;
  /** Delay before the second attempt in milliseconds, with a jitter of 20 percent. Default 50. */
  readonly initialBackoffMs?: number | undefined;
  /** Maximum delay before an attempt in milliseconds. Default 1,000. */
  readonly maxBackoffMs?: number | undefined;
  /** Factor by which the delay grows with each attempt. Default 2. */
  readonly backoffMultiplier?: number | undefined;
  /** Statuses to retry. Add others only if it is safe to run your calls twice. Default `["UNAVAILABLE"]`. */
  readonly statuses?: readonly StatusName[] | undefined;
}

/**
 * Hedging options. Hedging sends further attempts of a call before the first has failed. The first response wins, and
 * the other attempts are cancelled.
 */
export interface HedgingOptions {
  /** Maximum number of attempts, including the first; at least 2. Default 3. */
  readonly maxAttempts?: number | undefined;
  /** Time without a response before the next attempt, in milliseconds; 0 sends all attempts at once. */
  readonly delayMs: number;
  /** Statuses that do not end the call while other attempts remain. Default `["UNAVAILABLE"]`. */
  readonly nonFatalStatuses?: readonly StatusName[] | undefined;
}

/** Options for the handling of failures. */
export interface ResilienceOptions {
  /** Retries of failed calls, or false for none. Excludes `hedging`. Default: the defaults of {@link RetryOptions}. */
  readonly retry?: false | RetryOptions | undefined;
  /** Hedging, only for calls that may run more than once. Excludes `retry`. Default: none. */
  readonly hedging?: HedgingOptions | undefined;
  /** Retry budget, or false for no limit. Default `{ maxTokens: 1000, tokenRatio: 0.1 }`. */
  readonly retryThrottling?: false | RetryThrottling | undefined;
  /** Service config that replaces the options above and `loadBalancing`. */
  readonly serviceConfig?: ServiceConfig | undefined;
}

/**
 * Checks the options and converts them to a service config.
 *
 * @throws TypeError that names invalid or conflicting options.
 */
export function toServiceConfig(options: ResilienceOptions & Pick<ClientOptions, "loadBalancing">): ServiceConfig {
  const { loadBalancing = clientOptionTable.loadBalancing.default, retry, hedging, serviceConfig } = options;
  if (serviceConfig !== undefined) {
    const other = (["loadBalancing", "retry", "hedging", "retryThrottling"] as const).find(
      (name) => options[name] !== undefined,
    );
    if (other !== undefined) {
      throw new TypeError(`serviceConfig and ${other} are mutually exclusive`);
    }
    checkServiceConfig(serviceConfig, "serviceConfig");
    return serviceConfig;
  }
  if (hedging !== undefined && retry) {
    throw new TypeError("retry and hedging are mutually exclusive");
  }
  const retryThrottling = options.retryThrottling ?? { maxTokens: 1_000, tokenRatio: 0.1 };
  if (retryThrottling) {
    checkRetryThrottling(retryThrottling, "retryThrottling");
  }
  return {
    loadBalancingConfig: [{ [loadBalancing]: {} }],
    ...(retryThrottling && { retryThrottling }),
    methodConfig: hedging !== undefined ? [hedgingConfig(hedging)] : retry !== false ? [retryConfig(retry ?? {})] : [],
  };
}

/** Returns the largest number of attempts that a service config allows for a call. */
export function maxAttempts({ methodConfig = [] }: ServiceConfig): number {
  return Math.max(
    1,
    ...methodConfig.map(({ retryPolicy, hedgingPolicy }) => (retryPolicy ?? hedgingPolicy)?.maxAttempts ?? 1),
  );
}

function retryConfig(retry: RetryOptions) {
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
  checkStatuses(statuses, "retry.statuses");
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

function hedgingConfig(hedging: HedgingOptions) {
  checkKeys("hedging", hedging, ["maxAttempts", "delayMs", "nonFatalStatuses"]);
  const { maxAttempts = 3, delayMs, nonFatalStatuses = ["UNAVAILABLE"] } = hedging;
  checkNumber("hedging.maxAttempts", maxAttempts, { min: 2 });
  checkNumber("hedging.delayMs", delayMs ?? Number.NaN, { min: 0 });
  checkStatuses(nonFatalStatuses, "hedging.nonFatalStatuses");
  return {
    name: [{}],
    hedgingPolicy: { maxAttempts, hedgingDelay: formatDuration(delayMs), nonFatalStatusCodes: nonFatalStatuses },
  };
}

/** Formats a duration for a service config. */
function formatDuration(ms: number): string {
  return `${ms / 1_000}s`;
}
