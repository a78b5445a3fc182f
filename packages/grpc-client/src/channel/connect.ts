import { type ChannelInterface, connectivityState, status } from "@grpc/grpc-js";
import { createClosedError } from "../errors/closed-error.js";
import { describeConnectionError, describeConnectTimeout } from "../errors/describe-failure.js";
import { RpcError } from "../errors/rpc-error.js";
import { findConnectionError } from "./connection-error.js";

interface ConnectOptions {
  readonly target: string;
  readonly timeoutMs: number;
  /** Keeps trying while no server can be reached. */
  readonly waitForReady: boolean;
  /** Time between attempts, in milliseconds. */
  readonly retryIntervalMs: number;
}

/**
 * Connects a channel.
 *
 * @throws RpcError if the connection fails, the timeout expires or the channel is closed.
 */
export async function connect(
  channel: ChannelInterface,
  { target, timeoutMs, waitForReady, retryIntervalMs }: ConnectOptions,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const error = waitForReady ? undefined : await findConnectionError(channel);
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) {
      return;
    }
    if (state === connectivityState.SHUTDOWN) {
      throw createClosedError(target);
    }
    if (error !== undefined) {
      throw new RpcError({ code: status.UNAVAILABLE, details: describeConnectionError(error), target });
    }
    const changed = await waitForStateChange(channel, state, Math.min(deadline, Date.now() + retryIntervalMs));
    if (!changed && Date.now() >= deadline) {
      const details = describeConnectTimeout(timeoutMs, await findConnectionError(channel));
      throw new RpcError({ code: status.DEADLINE_EXCEEDED, details, target });
    }
  }
}

/** Resolves with true when the state changes, or with false at the deadline. */
function waitForStateChange(channel: ChannelInterface, from: connectivityState, deadline: number): Promise<boolean> {
  return new Promise((resolve) => {
    channel.watchConnectivityState(from, deadline, (error) => resolve(error === undefined));
  });
}
