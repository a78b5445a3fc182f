import type { StatusName } from "../errors/status-name.js";

/**
 * Service config, which all gRPC libraries understand.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/service_config.md
 */
export interface ServiceConfig {
  /** Load-balancing policies, like `[{ round_robin: {} }]`; the first supported one is used. */
  readonly loadBalancingConfig?: readonly Readonly<Record<string, object>>[] | undefined;
  readonly methodConfig?: readonly MethodConfig[] | undefined;
  /** Budget that stops retries while too many calls fail. */
  readonly retryThrottling?: RetryThrottling | undefined;
}

/** Settings of some methods. */
export interface MethodConfig {
  /** Methods; `{ service }` alone matches all of a service, and `{}` all that are not named elsewhere. */
  readonly name: readonly { readonly service?: string | undefined; readonly method?: string | undefined }[];
  /** Longest timeout of a call, in whole seconds, like `"5s"`: grpc-js reads `"0.5s"` as 5 ns. */
  readonly timeout?: string | undefined;
  /** Largest request, in bytes. */
  readonly maxRequestBytes?: number | undefined;
  /** Largest response, in bytes. */
  readonly maxResponseBytes?: number | undefined;
  /** Excludes `hedgingPolicy`. */
  readonly retryPolicy?: RetryPolicy | undefined;
  /** Excludes `retryPolicy`. */
  readonly hedgingPolicy?: HedgingPolicy | undefined;
}

/**
 * Retries of failed calls.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md
 */
export interface RetryPolicy {
  /** Number of attempts, the first included; at least 2. */
  readonly maxAttempts: number;
  /** In seconds, like `"0.1s"`. */
  readonly initialBackoff: string;
  /** In seconds, like `"1s"`. */
  readonly maxBackoff: string;
  readonly backoffMultiplier: number;
  readonly retryableStatusCodes: readonly StatusName[];
}

/** Further attempts of a call before the first has ended. */
export interface HedgingPolicy {
  /** Number of attempts, the first included; at least 2. */
  readonly maxAttempts: number;
  /** In seconds, like `"0.05s"`. */
  readonly hedgingDelay: string;
  /** Statuses that do not end the call while other attempts remain. */
  readonly nonFatalStatusCodes?: readonly StatusName[] | undefined;
}

/**
 * Budget of retries. A failed attempt takes one token, a successful call returns `tokenRatio` of a token, and there are no
 * retries while half the tokens or fewer are left. Clients of one target in a process share it.
 */
export interface RetryThrottling {
  /** More than 0, at most 1,000. */
  readonly maxTokens: number;
  /** More than 0. */
  readonly tokenRatio: number;
}
