import type { ChannelInterface } from "@grpc/grpc-js";

/** Private parts of a channel of grpc-js: the calls that wait, and the functions that add one. */
interface InternalChannel {
  readonly pickQueue: ReadonlySet<unknown>;
  readonly configSelectionQueue: readonly unknown[];
  queueCallForPick(call: unknown): void;
  queueCallForConfig(call: unknown): void;
}

/**
 * Keeps a channel looking for a server while calls wait for one. After a failed name lookup, grpc-js makes the next only
 * when it is asked to connect.
 */
export function retryWhileCallsWait(channel: ChannelInterface, intervalMs: number): void {
  const internal: InternalChannel | undefined = Reflect.get(channel, "internalChannel");
  if (internal === undefined) {
    return;
  }
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    if (timer === undefined) {
      // grpc-js keeps the process alive while calls wait.
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
