import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";

/** Settings of the pings on the connections to an address. */
export interface PingSettings {
  /** Shortest time between pings while the server sends no response. */
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
  /** Factor by which pings are slower than the other settings say. */
  slowdown: number;
}

type PingCallback = (error: Error | null, duration: number, payload: Buffer) => void;

/** Time without a byte from the server, after a request, before the server is pinged. */
const silenceMs = 250;

/** Time between the first and the second ping without a response in between. */
const pauseMs = 10_000;

/**
 * Closes a connection that was lost without notice, as NATs and load balancers drop quiet ones, so that its calls can be
 * retried. Pings the server if nothing arrives after a request; a quiet stream causes no ping. gRPC servers reject the
 * fourth ping without a response in between, unless the pings are five minutes apart: see gRFC A8.
 */
export function closeWhenLost(session: ClientHttp2Session, socket: Socket, settings: PingSettings): void {
  const { request, ping } = session;
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  /** True if a request was sent since the last look at the received bytes. */
  let requested = false;
  let receivedBytes = 0;
  /** Number of pings since the last response, and the time of the last one. */
  let pings = 0;
  let pingedAt = Number.NEGATIVE_INFINITY;

  session.request = (headers, options) => {
    requested = true;
    if (timer === undefined) {
      watch();
    }
    const stream = request.call(session, headers, options);
    if (pings > 0) {
      stream.once("response", () => {
        pings = 0;
      });
    }
    return stream;
  };

  // grpc-js calls it for keepalive.
  session.ping = (...args: [unknown, unknown?]) => {
    const callback = args.at(-1) as PingCallback;
    // Node refuses a ping on a closing session, which would count as a dead peer and end its calls.
    const isNeeded = !session.closed && sincePing() > settings.keepaliveTimeMs * settings.slowdown - 5;
    return isNeeded ? sendPing(callback) : answerLocally(callback);
  };

  session.once("close", cancel);

  function watch(): void {
    requested = false;
    wait(silenceMs * settings.slowdown, () => {
      if (socket.bytesRead === receivedBytes && sincePing() >= pause() && !session.closed && !session.destroyed) {
        wait(settings.keepaliveTimeoutMs, () => (socket.bytesRead === receivedBytes ? socket.destroy() : watchOn()));
        sendPing(watchOn);
      } else {
        watchOn();
      }
    });
  }

  function watchOn(): void {
    cancel();
    if (requested && !session.destroyed) {
      watch();
    }
  }

  function wait(ms: number, then: () => void): void {
    cancel();
    receivedBytes = socket.bytesRead;
    // After the time, a process that was busy reads first what has arrived.
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
    pings += 1;
    pingedAt = performance.now();
    return Reflect.apply(ping, session, [callback]);
  }

  function sincePing(): number {
    return performance.now() - pingedAt;
  }

  function pause(): number {
    const { keepaliveTimeMs, slowdown } = settings;
    return pings === 0 ? 0 : slowdown * (pings === 1 ? Math.min(pauseMs, keepaliveTimeMs) : keepaliveTimeMs);
  }
}

function answerLocally(callback: PingCallback): true {
  process.nextTick(callback, null, 0, Buffer.alloc(8));
  return true;
}
