import type { ServerHttp2Stream } from "node:http2";
import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";

/** Server call of grpc-js, not wrapped by interceptors, with the private members that this runtime uses. */
export interface BaseCall extends ServerInterceptingCallInterface {
  readonly stream: ServerHttp2Stream;
  /** True once the call has ended for either side. */
  readonly cancelled: boolean;
  /** True once the status is being sent. */
  readonly wantTrailers: boolean;
  /** Serializes a message and adds its framing. */
  serializeMessage(message: unknown): Buffer;
  /** Notifies the listener that the call has ended. */
  notifyOnCancel(): void;
}
