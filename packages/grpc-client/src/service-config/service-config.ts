import type { StatusName } from "../errors/status-name.js";

/**
 * Service of the call with which a client finds out why it has no connection. The service config of every client
 * disables retries for it.
 */
export const probeService = "connectivity";

/**
 * Service config, in the format that all gRPC libraries use.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/service_config.md
 */
export interface ServiceConfig {
  /**
   * Load-balancing policies, like `[{ round_robin: {} }]`; the first supported one is used.
   * Default: `pick_first`.
   */
  readonly loadBalancingConfig?: readonly Readonly<Record<string, object>>[] | undefined;
  /** Settings by method. Default: none, so that no call is retried. */
  readonly methodConfig?: readonly MethodConfig[] | undefined;
  /** Retry budget, which stops retries while too many calls fail. Default: no limit. */
  readonly retryThrottling?: RetryThrottling | undefined;
}

/** Settings of a set of methods. */
export interface MethodConfig {
  /**
   * Names of the methods: `{ service }` matches all methods of a service, and `{}` all methods without a better match.
   */
  readonly name: readonly { readonly service?: string | undefined; readonly method?: string | undefined }[];
  /** Maximum timeout of a call in whole seconds, like `"5s"`; grpc-js would read `"0.5s"` as 5 ns. Default: none. */
  readonly timeout?: string | undefined;
  /** Retry policy. Excludes `hedgingPolicy`. Default: no retries. */
  readonly retryPolicy?: RetryPolicy | undefined;
  /** Hedging policy. Excludes `retryPolicy`. Default: none. */
  readonly hedgingPolicy?: HedgingPolicy | undefined;
}

/**
 * Policy for retries of failed calls.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md
 */
export interface RetryPolicy {
  /** Maximum number of attempts, including the first; at least 2. */
  readonly maxAttempts: number;
  /** Delay before the second attempt in seconds, like `"0.1s"`. */
  readonly initialBackoff: string;
  /** Maximum delay before an attempt in seconds, like `"1s"`. */
  readonly maxBackoff: string;
  /** Factor by which the delay grows with each attempt; more than 0. */
  readonly backoffMultiplier: number;
  /** Statuses to retry; at least one. */
  readonly retryableStatusCodes: readonly StatusName[];
}

/**
 * Policy for hedging, which sends further attempts of a call before the first has failed.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md
 */
export interface HedgingPolicy {
  /** Maximum number of attempts, including the first; at least 2. */
  readonly maxAttempts: number;
  /** Delay between attempts in seconds, like `"0.05s"`. */
  readonly hedgingDelay: string;
  /** Statuses that do not end the call while other attempts remain. Default: none. */
  readonly nonFatalStatusCodes?: readonly StatusName[] | undefined;
}

/**
 * Retry budget. A failed attempt takes one token, and a successful call returns `tokenRatio` tokens. Retries
 * stop while half of the tokens or fewer are left. All clients of a target in a process share the budget.
 */
export interface RetryThrottling {
  /** Number of tokens: more than 0, at most 1,000. */
  readonly maxTokens: number;
  /** Number of tokens that a successful call returns: more than 0. */
  readonly tokenRatio: number;
}
