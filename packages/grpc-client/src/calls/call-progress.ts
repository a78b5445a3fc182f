import { type ChannelInterface, type Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { reasonOf, toStrictMethod } from "@hello/grpc-common";
import type { AttemptListener } from "../channel/bearer-token.js";
import type { FailureContext } from "../errors/describe-failure.js";
import type { RpcError } from "../errors/rpc-error.js";
import { fromGrpcMetadata } from "../metadata/metadata.js";
import type { ObservedCall } from "../telemetry/observed-call.js";
import type { StreamOptions } from "./call-options.js";
import type { CallScope } from "./call-scope.js";
import { computeTimeoutMs } from "./call-timeout.js";
import { checkCallOptions, streamOptions, unaryOptions } from "./check-call-options.js";
import { createLocalStatus } from "./local-status.js";
import type { Method } from "./method.js";
import { toRpcError } from "./to-rpc-error.js";

/** Options of a call that sets none. They need no check. */
export const noOptions: StreamOptions = {};

/** Progress of a call and its attempts. Determines the final status and the error of the call. */
export abstract class CallProgress<Request, Response> implements AttemptListener {
  /** Initial metadata from the server. */
  metadata: Metadata | undefined;
  protected readonly scope: CallScope;
  protected readonly method: Method<Request, Response>;
  protected readonly options: StreamOptions;
  /** Timeout of the call in milliseconds. */
  protected timeoutMs: number;
  /** Time of the start in milliseconds since 1970. */
  protected readonly startedAt = Date.now();
  protected channel: ChannelInterface | undefined;
  protected observed: ObservedCall | undefined;
  protected progress: FailureContext["progress"] = "sent";
  /** Number of attempts before the client itself retried the call. */
  protected previousAttempts = 0;
  protected cause: unknown;

  /** @throws TypeError if an option is invalid. */
  constructor(scope: CallScope, method: Method<Request, Response>, options: StreamOptions, defaultTimeoutMs: number) {
    if (options !== noOptions) {
      checkCallOptions(options, method.requestStream || method.responseStream ? streamOptions : unaryOptions);
    }
    this.scope = scope;
    this.method = toStrictMethod(method);
    this.options = options;
    this.timeoutMs = computeTimeoutMs(options, defaultTimeoutMs);
  }

  /** Creates the error for a status other than OK. */
  toError(status: StatusObject): Promise<RpcError> {
    const { pool } = this.scope;
    const { path } = this.method;
    return toRpcError({
      target: pool.target,
      method: path,
      channel: this.channel,
      timeoutMs: pool.effectiveTimeoutMs(path, this.timeoutMs),
      startedAt: this.startedAt,
      status,
      metadata: this.metadata,
      progress: this.progress,
      previousAttempts: this.previousAttempts,
      cause: this.cause,
    });
  }

  onAttempt(): void {
    this.observed?.attemptStarted();
    if (this.scope.pool.token !== undefined) {
      this.progress = "token";
    }
  }

  onToken(): void {
    this.progress = "sent";
    this.cause = undefined;
  }

  onTokenError(cause: unknown): void {
    this.cause = cause;
  }

  /** Ends the call with a local status, unless it has already ended. */
  abstract cancel(code: status, details: string, cause?: unknown): void;

  /** Calls `onMetadata` and cancels the call if it throws. */
  protected reportMetadata(metadata: Metadata): void {
    const { onMetadata } = this.options;
    if (onMetadata !== undefined) {
      try {
        onMetadata(fromGrpcMetadata(metadata));
      } catch (error) {
        this.cancel(status.CANCELLED, `onMetadata failed: ${reasonOf(error)}`, error);
      }
    }
  }

  /** Converts the status that grpc-js reports to the final status of the call. */
  protected toFinalStatus(received: StatusObject): StatusObject {
    if (received.code === status.OK && this.progress !== "message" && !this.method.responseStream) {
      return createLocalStatus(status.UNIMPLEMENTED, "the server sent no message");
    }
    // grpc-js sets no code if a message cannot be decompressed.
    return received.code === undefined
      ? { ...received, code: status.INTERNAL, details: "failed to decompress the response" }
      : received;
  }

  /** Calls `onTrailers`. Returns the final status: CANCELLED instead of OK if the callback throws. */
  protected reportTrailers(final: StatusObject, { metadata }: StatusObject): StatusObject {
    const { onTrailers } = this.options;
    if (onTrailers === undefined) {
      return final;
    }
    try {
      onTrailers(fromGrpcMetadata(metadata));
      return final;
    } catch (error) {
      this.cause ??= error;
      return final.code === status.OK
        ? createLocalStatus(status.CANCELLED, `onTrailers failed: ${reasonOf(error)}`)
        : final;
    }
  }
}
