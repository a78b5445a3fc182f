import { type ChannelInterface, type Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { connectionError } from "./connection-error.js";
import { type Circumstances, explain } from "./explain.js";
import { fromGrpcMetadata, withoutName } from "./metadata.js";
import { RpcError } from "./rpc-error.js";
import { originOf, previousAttempts } from "./status-origin.js";

/** A call that failed, and how. */
interface Failure extends Pick<Circumstances, "timeoutMs" | "progress"> {
  readonly target: string;
  readonly method: string;
  /** When it began, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly channel: ChannelInterface | undefined;
  readonly status: StatusObject;
  /** What the server sent before it failed. */
  readonly metadata: Metadata | undefined;
  readonly cause: unknown;
  /** How often the call was made before grpc-js counted. Default 0. */
  readonly attemptsBefore?: number;
}

/** The error for a status that grpc-js hands on from the server, or made itself. */
export async function failure(failed: Failure): Promise<RpcError> {
  const { target, method, channel, metadata, cause } = failed;
  const { code, details, metadata: trailers } = failed.status;
  const contentType = (metadata ?? trailers).get("content-type")[0];
  const text = explain(details, {
    origin: originOf(failed.status, metadata),
    timeoutMs: failed.timeoutMs,
    // A timer may be a little early by this clock.
    isOver: Date.now() > failed.startedAt + failed.timeoutMs - 5,
    progress: failed.progress,
    contentType: typeof contentType === "string" ? contentType : undefined,
    connectionError:
      channel !== undefined && code === status.DEADLINE_EXCEEDED ? await connectionError(channel) : undefined,
  });
  return new RpcError({
    code,
    details: text,
    target,
    method,
    metadata: withoutName(fromGrpcMetadata(trailers), previousAttempts),
    attempts: (failed.attemptsBefore ?? 0) + attemptsAt(failed.status, metadata),
    cause,
  });
}

/** How often grpc-js made a call that ended so. */
export function attemptsAt({ details, metadata: trailers }: StatusObject, metadata: Metadata | undefined): number {
  const counts = [
    metadata?.get(previousAttempts)[0],
    trailers.get(previousAttempts)[0],
    /^Deadline exceeded after .*,previous attempts: (\d+)/.exec(details)?.[1],
  ];
  // A server can send this name, too; grpc-js makes a handful of attempts.
  return 1 + Math.max(...counts.map((count) => (/^\d{1,2}$/.test(String(count)) ? Number(count) : 0)));
}
