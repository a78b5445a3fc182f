import type { StatusName } from "./status.js";

/**
 * What a client does with its calls, as all gRPC libraries read it.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/service_config.md
 */
export interface ServiceConfig {
  /** How calls are spread: the first policy of the list that is known, like `[{ round_robin: {} }]`. */
  readonly loadBalancingConfig?: readonly Readonly<Record<string, object>>[];
  readonly methodConfig?: readonly MethodConfig[];
  /** Stops retries while too many calls fail. */
  readonly retryThrottling?: RetryThrottling;
}

/** What holds for some methods. */
export interface MethodConfig {
  /** The methods; `{ service }` alone stands for all of a service and `{}` for all that are not named elsewhere. */
  readonly name: readonly { readonly service?: string; readonly method?: string }[];
  /** How long a call may take at most, in whole seconds, like `"5s"`: grpc-js reads `"0.5s"` as 5 ns. */
  readonly timeout?: string;
  /** The largest request, in bytes. */
  readonly maxRequestBytes?: number;
  /** The largest response, in bytes. */
  readonly maxResponseBytes?: number;
  /** Excludes `hedgingPolicy`. */
  readonly retryPolicy?: RetryPolicy;
  /** Excludes `retryPolicy`. */
  readonly hedgingPolicy?: HedgingPolicy;
}

/**
 * When a failed call is made again.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md
 */
export interface RetryPolicy {
  /** The first attempt included; at least 2. */
  readonly maxAttempts: number;
  /** In seconds, like `"0.1s"`. */
  readonly initialBackoff: string;
  /** In seconds, like `"1s"`. */
  readonly maxBackoff: string;
  readonly backoffMultiplier: number;
  readonly retryableStatusCodes: readonly StatusName[];
}

/** When a call is made again before the first attempt has ended. */
export interface HedgingPolicy {
  /** The first attempt included; at least 2. */
  readonly maxAttempts: number;
  /** In seconds, like `"0.05s"`. */
  readonly hedgingDelay: string;
  /** The statuses after which the other attempts go on. */
  readonly nonFatalStatusCodes?: readonly StatusName[];
}

/**
 * A budget of retries: a failed attempt takes one token, a call that succeeds gives `tokenRatio` of one back, and there
 * are no retries while half the tokens or fewer are left. Clients of one target in a process share it.
 */
export interface RetryThrottling {
  /** More than 0, and 1,000 at most. */
  readonly maxTokens: number;
  /** More than 0. */
  readonly tokenRatio: number;
}
