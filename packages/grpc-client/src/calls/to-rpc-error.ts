import { type ChannelInterface, type Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { findConnectionError } from "../channel/connection-error.js";
import { describeFailure, type FailureContext } from "../errors/describe-failure.js";
import { RpcError } from "../errors/rpc-error.js";
import { originOf } from "../errors/status-origin.js";
import { hasPingRejection } from "../http2/too-many-pings.js";
import { fromGrpcMetadata, previousAttemptsKey } from "../metadata/metadata.js";

/** Time by which the timer of a deadline may fire early by the clock, in milliseconds. */
const deadlineToleranceMs = 5;

interface FailedCall extends Pick<FailureContext, "timeoutMs" | "progress"> {
  readonly target: string;
  readonly method: string;
  /** Time of the start in milliseconds since 1970. */
  readonly startedAt: number;
  readonly channel: ChannelInterface | undefined;
  readonly status: StatusObject;
  /** Initial metadata from the server. */
  readonly metadata: Metadata | undefined;
  /** Number of attempts before the client itself retried the call. */
  readonly previousAttempts: number;
  readonly cause: unknown;
}

/** Creates the error for a call that failed with a status from the server, from grpc-js or from the client. */
export async function toRpcError(failed: FailedCall): Promise<RpcError> {
  const { target, method, channel, metadata, cause } = failed;
  const { code, details, metadata: trailers } = failed.status;
  const contentType = (metadata ?? trailers).get("content-type")[0];
  const text = describeFailure(details, {
    origin: originOf(failed.status, metadata),
    timeoutMs: failed.timeoutMs,
    deadlinePassed: Date.now() > failed.startedAt + failed.timeoutMs - deadlineToleranceMs,
    progress: failed.progress,
    contentType: typeof contentType === "string" ? contentType : undefined,
    connectionError:
      channel !== undefined && code === status.DEADLINE_EXCEEDED ? await findConnectionError(channel) : undefined,
    pingsRejected: channel !== undefined && hasPingRejection(channel),
  });
  return new RpcError({
    code,
    details: text,
    target,
    method,
    metadata: fromGrpcMetadata(trailers),
    attempts: failed.previousAttempts + countAttempts(failed.status, metadata),
    cause,
  });
}

/** Returns the number of attempts of a call from its status and metadata. */
export function countAttempts({ details, metadata: trailers }: StatusObject, metadata: Metadata | undefined): number {
  const counts = [
    metadata?.get(previousAttemptsKey)[0],
    trailers.get(previousAttemptsKey)[0],
    /^Deadline exceeded after .*,previous attempts: (\d+)/.exec(details)?.[1],
  ];
  // A server can also send this key. Larger counts than grpc-js can report are ignored.
  return 1 + Math.max(...counts.map((count) => (/^\d{1,2}$/.test(String(count)) ? Number(count) : 0)));
}
