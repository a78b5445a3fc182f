import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import type { Socket } from "node:net";

/** Ping settings of the connections to an address. */
export interface PingSettings {
  /** Minimum time between pings while the server sends no response. */
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
  /** Factor by which the times between pings are multiplied. */
  slowdown: number;
}

type PingCallback = (error: Error | null, duration: number, payload: Buffer) => void;

/** Time without data from the server after a request, before the server is pinged. */
const silenceMs = 250;

/** Time between the first and the second ping without a response in between. */
const secondPingIntervalMs = 2_000;

/**
 * Closes a connection that was lost without notice, so that its calls can be retried. NATs and load balancers drop quiet
 * connections in this way. Pings the server if no data arrives after a request; an idle stream causes no pings. gRPC
 * servers reject the fourth ping without a response in between, unless pings are five minutes apart (gRFC A8).
 */
export function closeWhenLost(session: ClientHttp2Session, socket: Socket, settings: PingSettings): void {
  const { request, ping } = session;
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  /** True if a request was sent since the received bytes were last checked. */
  let requested = false;
  let receivedBytes = 0;
  /** Number of pings since the last response, and the time of the last one. */
  let pings = 0;
  let pingedAt = Number.NEGATIVE_INFINITY;
  let lastStream: ClientHttp2Stream | undefined;

  session.request = (headers, options) => {
    requested = true;
    if (timer === undefined) {
      watch();
    }
    const stream = request.call(session, headers, options);
    lastStream = stream;
    if (pings > 0) {
      stream.once("response", resetPings);
    }
    return stream;
  };

  // grpc-js calls this for keepalive.
  session.ping = (...args: [unknown, unknown?]) => {
    const callback = args.at(-1) as PingCallback;
    // Node rejects a ping on a closing session. grpc-js would take that for a lost connection and end its calls.
    const isNeeded = !session.closed && msSincePing() > settings.keepaliveTimeMs * settings.slowdown - 5;
    return isNeeded ? sendPing(callback) : acknowledgeLocally(callback);
  };

  session.once("close", cancel);

  function watch(): void {
    requested = false;
    wait(silenceMs * settings.slowdown, () => {
      if (
        socket.bytesRead === receivedBytes &&
        msSincePing() >= minPingIntervalMs() &&
        !session.closed &&
        !session.destroyed
      ) {
        wait(settings.keepaliveTimeoutMs, () =>
          socket.bytesRead === receivedBytes ? socket.destroy() : continueWatching(),
        );
        sendPing(continueWatching);
      } else {
        continueWatching();
      }
    });
  }

  function continueWatching(): void {
    cancel();
    if (requested && !session.destroyed) {
      watch();
    }
  }

  function wait(ms: number, then: () => void): void {
    cancel();
    receivedBytes = socket.bytesRead;
    // If the process was busy, it must first read the data that has arrived.
    timer = setTimeout(() => {
      immediate = setImmediate(then);
    }, ms).unref();
  }

  function cancel(): void {
    clearTimeout(timer);
    clearImmediate(immediate);
    timer = undefined;
  }

  function sendPing(callback: PingCallback): boolean {
    if (pings === 0) {
      lastStream?.once("response", resetPings);
    }
    pings += 1;
    pingedAt = performance.now();
    return Reflect.apply(ping, session, [callback]);
  }

  function resetPings(): void {
    pings = 0;
  }

  function msSincePing(): number {
    return performance.now() - pingedAt;
  }

  function minPingIntervalMs(): number {
    const { keepaliveTimeMs, slowdown } = settings;
    return pings === 0
      ? 0
      : slowdown * (pings === 1 ? Math.min(secondPingIntervalMs, keepaliveTimeMs) : keepaliveTimeMs);
  }
}

function acknowledgeLocally(callback: PingCallback): true {
  process.nextTick(callback, null, 0, Buffer.alloc(8));
  return true;
}
