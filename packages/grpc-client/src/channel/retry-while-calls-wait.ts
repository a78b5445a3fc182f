import type { ChannelInterface } from "@grpc/grpc-js";

/** Private members of a grpc-js channel: the queues of waiting calls, and the functions that add to them. */
interface InternalChannel {
  readonly pickQueue: ReadonlySet<unknown>;
  readonly configSelectionQueue: readonly unknown[];
  queueCallForPick(call: unknown): void;
  queueCallForConfig(call: unknown): void;
}

/**
 * Makes a channel retry its connection while calls wait for one. After a failed name lookup, grpc-js starts the next one
 * only when it is told to connect.
 */
export function retryWhileCallsWait(channel: ChannelInterface, intervalMs: number): void {
  const internal: InternalChannel | undefined = Reflect.get(channel, "internalChannel");
  if (internal === undefined) {
    return;
  }
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    if (timer === undefined) {
      // While calls wait, grpc-js itself keeps the process alive.
      timer = setTimeout(retry, intervalMs).unref();
    }
  };
  const retry = () => {
    timer = undefined;
    if (internal.pickQueue.size > 0 || internal.configSelectionQueue.length > 0) {
      channel.getConnectivityState(true);
      start();
    }
  };
  for (const name of ["queueCallForPick", "queueCallForConfig"] as const) {
    const queue = internal[name];
    internal[name] = (call) => {
      queue.call(internal, call);
      start();
    };
  }
}
