import type { ClientHttp2Stream } from "node:http2";
import type { ChannelInterface } from "@grpc/grpc-js";

/** Private members of a grpc-js channel. */
interface InternalChannel {
  subchannelPool: SubchannelPool;
}

/** Pool of connections. Channels share it unless an option forbids that. */
interface SubchannelPool {
  getOrCreateSubchannel(...args: unknown[]): Subchannel;
  unrefUnusedSubchannels(): void;
}

/** Connection of grpc-js. */
interface Subchannel {
  createCall(metadata: unknown, host: unknown, path: string, ...rest: unknown[]): { http2Stream?: ClientHttp2Stream };
}

/** Paths of methods with a stream of requests. */
const streamingPaths = new Set<string>();

const patched = new WeakSet<Subchannel>();

/**
 * Prevents a cancelled stream of requests from looking complete to the server. When a stream is closed, Node sends a DATA
 * frame with END_STREAM before RST_STREAM, so that a partial upload would look like a complete one.
 */
export function resetCancelledStreams(channel: ChannelInterface): void {
  const internal: InternalChannel | undefined = Reflect.get(channel, "internalChannel");
  const pool = internal?.subchannelPool;
  if (internal !== undefined && pool !== undefined) {
    internal.subchannelPool = {
      getOrCreateSubchannel: (...args) => patch(pool.getOrCreateSubchannel(...args)),
      unrefUnusedSubchannels: () => pool.unrefUnusedSubchannels(),
    };
  }
}

/** Applies {@link resetCancelledStreams} to the calls of a method. Methods with a single request do not need it. */
export function addStreamingPath(path: string): void {
  streamingPaths.add(path);
}

function patch(subchannel: Subchannel): Subchannel {
  if (!patched.has(subchannel)) {
    patched.add(subchannel);
    const { createCall } = subchannel;
    subchannel.createCall = (metadata, host, path, ...rest) => {
      const call = createCall.call(subchannel, metadata, host, path, ...rest);
      if (call.http2Stream !== undefined && streamingPaths.has(path)) {
        call.http2Stream.close = closeWithoutEnd;
      }
      return call;
    };
  }
  return subchannel;
}

function closeWithoutEnd(this: ClientHttp2Stream, code?: number, callback?: () => void): void {
  if (!this.writableEnded) {
    // Node would send END_STREAM in `_final`.
    this._final = (callback) => callback();
  }
  Object.getPrototypeOf(this).close.call(this, code, callback);
}
