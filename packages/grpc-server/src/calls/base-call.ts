import type { ServerHttp2Stream } from "node:http2";
import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";

/** Call of grpc-js before its interceptors, with the private parts that this runtime relies on. */
export interface BaseCall extends ServerInterceptingCallInterface {
  readonly stream: ServerHttp2Stream;
  /** True once the call has ended for either side. */
  readonly cancelled: boolean;
  /** True once the status is on its way. */
  readonly wantTrailers: boolean;
  /** Serializes a message and adds its framing. */
  serializeMessage(message: unknown): Buffer;
  /** Tells the listener that the call has ended. */
  notifyOnCancel(): void;
}
