import { type ChannelInterface, type Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { fromGrpcMetadata } from "../calls/metadata.js";
import { connectionError } from "../channel/connection-error.js";
import { hasPingRejection } from "../channel/too-many-pings.js";
import { describeFailure, type FailureContext } from "./describe-failure.js";
import { RpcError } from "./rpc-error.js";
import { originOf, previousAttemptsKey } from "./status-origin.js";

interface FailedCall extends Pick<FailureContext, "timeoutMs" | "progress"> {
  readonly target: string;
  readonly method: string;
  /** In milliseconds since 1970. */
  readonly startedAt: number;
  readonly channel: ChannelInterface | undefined;
  readonly status: StatusObject;
  /** Metadata that the server sent before the call failed. */
  readonly metadata: Metadata | undefined;
  /** Attempts before those that grpc-js counted. */
  readonly previousAttempts: number;
  readonly cause: unknown;
}

/** Creates the error for a status other than OK, from the server or from grpc-js itself. */
export async function toRpcError(failed: FailedCall): Promise<RpcError> {
  const { target, method, channel, metadata, cause } = failed;
  const { code, details, metadata: trailers } = failed.status;
  const contentType = (metadata ?? trailers).get("content-type")[0];
  const text = describeFailure(details, {
    origin: originOf(failed.status, metadata),
    timeoutMs: failed.timeoutMs,
    // A timer may fire slightly early by this clock.
    deadlinePassed: Date.now() > failed.startedAt + failed.timeoutMs - 5,
    progress: failed.progress,
    contentType: typeof contentType === "string" ? contentType : undefined,
    connectionError:
      channel !== undefined && code === status.DEADLINE_EXCEEDED ? await connectionError(channel) : undefined,
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
  // A server can send this name too; grpc-js makes a handful of attempts.
  return 1 + Math.max(...counts.map((count) => (/^\d{1,2}$/.test(String(count)) ? Number(count) : 0)));
}
