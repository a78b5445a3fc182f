import type { StatusName } from "../errors/status-name.js";
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
