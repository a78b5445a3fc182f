import type { ClientHttp2Stream } from "node:http2";
import type { ChannelInterface } from "@grpc/grpc-js";

/** Private parts of a channel of grpc-js. */
interface InternalChannel {
  subchannelPool: SubchannelPool;
}

/** Source of connections. Channels share it, unless an option forbids that. */
interface SubchannelPool {
  getOrCreateSubchannel(...args: unknown[]): Subchannel;
  unrefUnusedSubchannels(): void;
}

/** Connection of grpc-js. */
interface Subchannel {
  createCall(metadata: unknown, host: unknown, path: string, ...rest: unknown[]): { http2Stream?: ClientHttp2Stream };
}

/** Paths of the methods that send a stream of requests. */
const streamingPaths = new Set<string>();

const prepared = new WeakSet<Subchannel>();

/**
 * Keeps a cancelled stream of requests from looking complete to the server. Node closes a stream with the end of its
 * requests, as a DATA frame with END_STREAM, before RST_STREAM, and a server takes a part of an upload for the whole.
 */
export function resetCancelledStreams(channel: ChannelInterface): void {
  const internal: InternalChannel | undefined = Reflect.get(channel, "internalChannel");
  const pool = internal?.subchannelPool;
  if (internal !== undefined && pool !== undefined) {
    internal.subchannelPool = {
      getOrCreateSubchannel: (...args) => prepare(pool.getOrCreateSubchannel(...args)),
      unrefUnusedSubchannels: () => pool.unrefUnusedSubchannels(),
    };
  }
}

/** Applies {@link resetCancelledStreams} to the calls of a method. For others, it would cost time and change nothing. */
export function addStreamingPath(path: string): void {
  streamingPaths.add(path);
}

function prepare(subchannel: Subchannel): Subchannel {
  if (!prepared.has(subchannel)) {
    prepared.add(subchannel);
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
    // Node sends END_STREAM there.
    this._final = (callback) => callback();
  }
  Object.getPrototypeOf(this).close.call(this, code, callback);
}
