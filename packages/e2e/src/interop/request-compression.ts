import type { Metadata, ServerInterceptingCall, ServerInterceptor } from "@grpc/grpc-js";
import type { ServerCall } from "@hello/grpc-server";

/** Private parts of the call that grpc-js passes to an interceptor. */
interface BaseCall {
  readonly metadata: Metadata;
  decompressMessage(message: Buffer, encoding: string): Buffer | Promise<Buffer>;
}

const flags = new WeakMap<Metadata, boolean[]>();

/**
 * Records whether each request of a call was compressed, which the interoperability tests require. grpc-js does not
 * report it to handlers.
 */
export const recordCompression: ServerInterceptor = (_method, interceptedCall) => {
  const call = interceptedCall as unknown as BaseCall;
  const { decompressMessage } = call;
  const compressed: boolean[] = [];
  flags.set(call.metadata, compressed);
  call.decompressMessage = (message, encoding) => {
    compressed.push(encoding !== "identity");
    return decompressMessage.call(call, message, encoding);
  };
  // The declared type is a class, but grpc-js uses only its interface.
  return interceptedCall as ServerInterceptingCall;
};

/** Returns for each request so far, in order, whether it was compressed. */
export function compressedRequests({ metadata }: ServerCall): readonly boolean[] {
  return flags.get(metadata) ?? [];
}
