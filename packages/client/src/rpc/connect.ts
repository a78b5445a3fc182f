import { type ChannelInterface, connectivityState, status } from "@grpc/grpc-js";
import { connectionError } from "./connection-error.js";
import { explain } from "./explain.js";
import { RpcError } from "./rpc-error.js";

/** How long to wait for a connection, and for whom. */
interface Wait {
  readonly target: string;
  readonly timeoutMs: number;
  /** Whether to go on when a server cannot be reached. */
  readonly waitForReady: boolean;
}

/**
 * Connects a channel.
 *
 * @throws RpcError where it cannot be connected, or is not within the time.
 */
export async function connect(channel: ChannelInterface, { target, timeoutMs, waitForReady }: Wait): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) {
      return;
    }
    const error = waitForReady ? undefined : await connectionError(channel);
    if (error !== undefined) {
      throw notConnected(status.UNAVAILABLE, error);
    }
    if (!(await stateChange(channel, state, deadline))) {
      throw notConnected(
        status.DEADLINE_EXCEEDED,
        `Deadline exceeded after ${timeoutMs} ms`,
        await connectionError(channel),
      );
    }
  }

  function notConnected(code: number, details: string, connectionError?: string): RpcError {
    const text = explain(details, { origin: "client", timeoutMs, isOver: true, progress: "sent", connectionError });
    return new RpcError({ code, details: text, target });
  }
}

/** Resolves with whether the state changed by the deadline. */
function stateChange(channel: ChannelInterface, from: connectivityState, deadline: number): Promise<boolean> {
  return new Promise((resolve) => {
    channel.watchConnectivityState(from, deadline, (error) => resolve(error === undefined));
  });
}
