import { checkKeys, checkNumber } from "./check.js";
import { checkRetryThrottling, checkServiceConfig, checkStatuses } from "./check-service-config.js";
import type { RetryThrottling, ServiceConfig } from "./service-config.js";
import type { StatusName } from "./status.js";

/** When a failed call is made again. It is not once the server has begun to answer. */
export interface RetryOptions {
  /** The first attempt included; at least 2. Default 4. */
  readonly maxAttempts?: number;
  /** How long to wait before the second attempt, in milliseconds, give or take a fifth. Default 50. */
  readonly initialBackoffMs?: number;
  /** How long to wait before an attempt at most, in milliseconds. Default 1,000. */
  readonly maxBackoffMs?: number;
  /** By what the wait grows with every attempt. Default 2. */
  readonly backoffMultiplier?: number;
  /** The statuses after which a call is made again. Default `["UNAVAILABLE"]`: add those that are safe for your calls. */
  readonly statuses?: readonly StatusName[];
}

/** When a call is made again before it has failed. The first answer wins, and the others are cancelled. */
export interface HedgingOptions {
  /** The first attempt included; at least 2. Default 3. */
  readonly maxAttempts?: number;
  /** How long to wait for an answer before the next attempt, in milliseconds; 0 makes all at once. */
  readonly delayMs: number;
  /** The statuses that leave the call to its other attempts. Default `["UNAVAILABLE"]`. */
  readonly nonFatalStatuses?: readonly StatusName[];
}

/** What a client does with its calls when servers fail. */
export interface ResilienceOptions {
  /**
   * How calls are spread over the addresses of a target: `"round_robin"`, or `"pick_first"`, which uses one address as
   * long as it can. Default `"round_robin"`.
   */
  readonly loadBalancing?: "round_robin" | "pick_first";
  /** When a failed call is made again; false: never. Excludes `hedging`. Default: see {@link RetryOptions}. */
  readonly retry?: false | RetryOptions;
  /** Makes calls again before they have failed. Only for calls that may run twice. Excludes `retry`. Default: off. */
  readonly hedging?: HedgingOptions;
  /** The budget of retries; false: no limit. Default `{ maxTokens: 1000, tokenRatio: 0.1 }`. */
  readonly retryThrottling?: false | RetryThrottling;
  /** Says all of the above as a service config does, and more, in place of them. */
  readonly serviceConfig?: ServiceConfig;
}

/**
 * The service config for the options, checked.
 *
 * @throws TypeError which names the option that cannot be.
 */
export function toServiceConfig(options: ResilienceOptions): ServiceConfig {
  const { loadBalancing = "round_robin", retry, hedging, retryThrottling, serviceConfig } = options;
  if (serviceConfig !== undefined) {
    const other = (["loadBalancing", "retry", "hedging", "retryThrottling"] as const).find(
      (name) => options[name] !== undefined,
    );
    if (other !== undefined) {
      throw new TypeError(`serviceConfig and ${other} exclude each other; say it in the serviceConfig`);
    }
    checkServiceConfig(serviceConfig, "serviceConfig");
    return serviceConfig;
  }
  if (loadBalancing !== "round_robin" && loadBalancing !== "pick_first") {
    throw new TypeError(`loadBalancing must be "round_robin" or "pick_first", not ${JSON.stringify(loadBalancing)}`);
  }
  if (hedging !== undefined && retry) {
    throw new TypeError("retry and hedging exclude each other");
  }
  const throttling = retryThrottling ?? { maxTokens: 1_000, tokenRatio: 0.1 };
  if (throttling) {
    checkRetryThrottling(throttling, "retryThrottling");
  }
  return {
    loadBalancingConfig: [{ [loadBalancing]: {} }],
    ...(throttling && { retryThrottling: throttling }),
    methodConfig: hedging !== undefined ? [hedgingConfig(hedging)] : retry !== false ? [retryConfig(retry ?? {})] : [],
  };
}

/** The most attempts that a service config asks for. */
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
    throw new TypeError("retry.statuses is empty; retry: false turns retries off");
  }
  if (initialBackoffMs > maxBackoffMs) {
    throw new TypeError(`retry.initialBackoffMs, ${initialBackoffMs}, is above retry.maxBackoffMs, ${maxBackoffMs}`);
  }
  return {
    name: [{}],
    retryPolicy: {
      maxAttempts,
      initialBackoff: seconds(initialBackoffMs),
      maxBackoff: seconds(maxBackoffMs),
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
    hedgingPolicy: { maxAttempts, hedgingDelay: seconds(delayMs), nonFatalStatusCodes: nonFatalStatuses },
  };
}

/** A duration as a service config has it. */
function seconds(ms: number): string {
  return `${ms / 1_000}s`;
}
