import type { ServerDuplexStream, ServerReadableStream, ServerWritableStream } from "@grpc/grpc-js";
import type { ServerCall } from "./server-call.js";

/**
 * Yields the requests of a call. A loop that is left early leaves the rest unread, which stops the client by flow
 * control until the call is answered.
 *
 * @throws StatusError when the call is cancelled.
 */
export async function* readRequests<Request>(
  grpcCall: ServerReadableStream<Request, unknown> | ServerDuplexStream<Request, unknown>,
  call: ServerCall,
): AsyncGenerator<Request, void, undefined> {
  try {
    yield* grpcCall.iterator({ destroyOnReturn: false });
  } catch (error) {
    if (!grpcCall.cancelled) {
      throw error;
    }
    // Without an abort the call has been answered, so no request is missed.
    call.signal.throwIfAborted();
  }
}

/**
 * Writes responses as fast as the client reads them, until there are no more or the call has ended. An iterator that is
 * suspended when the call ends gets its `return()`, so that a generator's `finally` runs.
 */
export async function writeResponses<Response>(
  grpcCall: ServerWritableStream<unknown, Response> | ServerDuplexStream<unknown, Response>,
  responses: AsyncIterable<Response>,
): Promise<void> {
  const iterator = responses[Symbol.asyncIterator]();
  let wake = () => {};
  let returned: Promise<unknown> | undefined;
  const leave = () => {
    // Async, so that a return() that throws rejects.
    returned ??= (async () => iterator.return?.())();
    return returned;
  };
  const stop = () => {
    leave().catch(() => {
      // Reported where it is awaited, below.
    });
    wake();
  };
  if (grpcCall.cancelled) {
    stop();
  } else {
    grpcCall.once("cancelled", stop);
  }
  grpcCall.on("drain", () => wake());
  for (;;) {
    const { done, value } = await iterator.next();
    if (done || grpcCall.cancelled || grpcCall.writableEnded) {
      break;
    }
    if (!grpcCall.write(value)) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  await (grpcCall.writableEnded ? leave() : returned);
}
