import type { Metadata, ServerInterceptingCallInterface } from "@grpc/grpc-js";
import type { BaseCall } from "./base-call.js";
import { type CallEnvironment, logOmitted } from "./call-environment.js";
import { acceptsGzip, compressResponses, type ResponseCompressor } from "./compress-responses.js";
import type { Compression } from "./server-call.js";
import { toWireMetadata } from "./to-wire-status.js";

function ignore(): void {}

/** Sends the responses of one call, with the metadata before them, as fast as the client reads. */
export class ResponseSender {
  /** Compression of the next response. */
  compression: Compression;
  /** Metadata to send before the first response. */
  metadata: Metadata | undefined;
  readonly #path: string;
  readonly #base: BaseCall;
  readonly #call: ServerInterceptingCallInterface;
  readonly #environment: CallEnvironment;
  #compressor: ResponseCompressor | undefined;
  #metadataSent = false;
  /** Number of responses that the transport has not taken yet. */
  #unsent = 0;
  #wake = ignore;

  /** @param call The call behind the interceptors. */
  constructor(path: string, base: BaseCall, call: ServerInterceptingCallInterface, environment: CallEnvironment) {
    this.#path = path;
    this.compression = environment.compression;
    this.#base = base;
    this.#call = call;
    this.#environment = environment;
  }

  send(response: unknown): void {
    if (!this.#metadataSent) {
      this.#metadataSent = true;
      this.#sendMetadata();
    }
    if (this.#compressor !== undefined) {
      this.#compressor.enabled = this.compression === "gzip";
    }
    this.#unsent++;
    this.#call.sendMessage(response, this.#onSent);
  }

  /** Tells whether the responses that the transport has not taken fill its buffer. */
  get isFull(): boolean {
    const { writableLength, writableHighWaterMark } = this.#base.stream;
    return this.#unsent > 0 && (this.isSlow || writableLength >= writableHighWaterMark);
  }

  /**
   * Tells whether each response must be taken before the next one, or the status, is sent: compression takes time, and so
   * may an interceptor.
   */
  get isSlow(): boolean {
    return this.#compressor !== undefined || this.#environment.interceptors.length > 0;
  }

  /** Waits until the transport has taken a response, or the call has ended. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Ends the waiting: the transport takes no more responses. */
  stop(): void {
    this.#wake();
  }

  readonly #onSent = (): void => {
    this.#unsent--;
    this.#wake();
  };

  /** Sends the metadata, if it is not what grpc-js sends by itself. */
  #sendMetadata(): void {
    const isCompressed = this.compression === "gzip" && acceptsGzip(this.#base.stream);
    if (this.metadata === undefined && !isCompressed) {
      return;
    }
    const wire = toWireMetadata([this.metadata]);
    const { metadata } = wire;
    logOmitted(wire, this.#path, this.#environment);
    if (isCompressed) {
      metadata.set("grpc-encoding", "gzip");
      this.#compressor = compressResponses(this.#base);
    }
    this.#call.sendMetadata(metadata);
  }
}
