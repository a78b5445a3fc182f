import type { Metadata, ServerInterceptingCallInterface } from "@grpc/grpc-js";
import { acceptsGzip } from "../http2/accept-encoding.js";
import type { BaseCall } from "../http2/base-call.js";
import type { CallEnvironment } from "./call-environment.js";
import { compressResponses, type ResponseCompressor } from "./compress-responses.js";
import type { Compression } from "./server-call.js";
import { toSuccessMetadata } from "./wire-metadata.js";

function ignore(): void {}

/** Sender of the initial metadata and the responses of one call. Reports backpressure. */
export class ResponseSender {
  /** Compression of the next response. */
  compression: Compression;
  /** Initial metadata, sent before the first response. */
  metadata: Metadata | undefined;
  readonly #base: BaseCall;
  readonly #call: ServerInterceptingCallInterface;
  readonly #environment: CallEnvironment;
  #compressor: ResponseCompressor | undefined;
  #metadataSent = false;
  /** Number of responses that the transport has not taken yet. */
  #unsent = 0;
  #wake = ignore;

  /** @param call Call wrapped in the interceptors of the server. */
  constructor(base: BaseCall, call: ServerInterceptingCallInterface, environment: CallEnvironment) {
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

  /** True while the responses that the transport has not taken yet fill its buffer. */
  get isFull(): boolean {
    const { writableLength, writableHighWaterMark } = this.#base.stream;
    return this.#unsent > 0 && (this.isAsync || writableLength >= writableHighWaterMark);
  }

  /**
   * True if sending is asynchronous, because of compression or interceptors. The transport must then take each response
   * before the next response or the status is sent.
   */
  get isAsync(): boolean {
    return this.#compressor !== undefined || this.#environment.interceptors.length > 0;
  }

  /** Waits until the transport takes a response or {@link stopWaiting} is called. */
  waitForTransport(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Ends the wait, because the transport takes no more responses. */
  stopWaiting(): void {
    this.#wake();
  }

  readonly #onSent = (): void => {
    this.#unsent--;
    this.#wake();
  };

  /** Sends the initial metadata, unless it is the default, which grpc-js sends itself. */
  #sendMetadata(): void {
    const isCompressed = this.compression === "gzip" && acceptsGzip(this.#base.stream);
    if (this.metadata === undefined && !isCompressed) {
      return;
    }
    const metadata = toSuccessMetadata("responseMetadata", this.metadata);
    if (isCompressed) {
      metadata.set("grpc-encoding", "gzip");
      this.#compressor = compressResponses(this.#base);
    }
    this.#call.sendMetadata(metadata);
  }
}
