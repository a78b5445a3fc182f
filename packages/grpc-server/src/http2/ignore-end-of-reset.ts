import type { ServerHttp2Stream } from "node:http2";
import type { ServerInterceptingCall, ServerInterceptor } from "@grpc/grpc-js";

/** Private parts of the call that grpc-js passes to an interceptor. */
interface BaseCall {
  readonly stream: ServerHttp2Stream;
  handleEndEvent(): void;
}

/**
 * Keeps the reset of a stream from looking like the end of its requests. Node ends the readable side in both cases, and
 * grpc-js takes it for the end, so a handler would take a cancelled upload for a complete one.
 */
export const ignoreEndOfReset: ServerInterceptor = ({ requestStream }, interceptedCall) => {
  if (requestStream) {
    const call = interceptedCall as unknown as BaseCall;
    const { handleEndEvent } = call;
    call.handleEndEvent = () => {
      if (!call.stream.aborted) {
        handleEndEvent.call(call);
      }
    };
  }
  // The type is a class, but grpc-js needs only the interface.
  return interceptedCall as ServerInterceptingCall;
};
