import type { ServerHttp2Stream } from "node:http2";
import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";

/** Status in the form that grpc-js sends. */
export type SentStatus = Parameters<ServerInterceptingCallInterface["sendStatus"]>[0];

/** Size of the prefix of each message: the compressed flag, and the length of the message in four bytes. */
export const messagePrefixBytes = 5;

/** Server call of grpc-js, not wrapped by interceptors, with the private members that this runtime uses. */
export interface BaseCall extends ServerInterceptingCallInterface {
  readonly stream: ServerHttp2Stream;
  /** True once the call has ended for either side. */
  readonly cancelled: boolean;
  /** True once the initial metadata has been sent. */
  readonly metadataSent: boolean;
  /** True once the status is being sent. */
  readonly wantTrailers: boolean;
  /** True once the client has ended its requests. */
  readonly receivedHalfClose: boolean;
  /** Encoding of the requests, `identity` by default. */
  readonly incomingEncoding: string;
  /** Decoder of the requests, which splits received data into messages with their prefixes. */
  readonly decoder: {
    /** 0 between two messages. */
    readonly readState: number;
    write(data: Buffer): Buffer[];
  };
  /** Decompresses a message if its prefix says that it is compressed, and removes the prefix. */
  decompressMessage(message: Buffer, encoding: string): Buffer | Promise<Buffer>;
  /** Handles the end of the requests. */
  handleEndEvent(): void;
  /** Serializes a message and adds its prefix. */
  serializeMessage(message: unknown): Buffer;
  /** Notifies the listener that the call has ended. */
  notifyOnCancel(): void;
}
