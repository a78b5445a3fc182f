import { inspect } from "node:util";
import {
  Metadata,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type ServerMethodDefinition,
  status,
} from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { ThrottledWarn } from "../telemetry/throttled-warn.js";
import type { PeerIdentity } from "../tls/peer-identity.js";
import type { BaseCall } from "./base-call.js";
import type { CallLimiter } from "./call-limiter.js";
import { acceptsGzip, compressResponses, type ResponseCompressor } from "./compress-responses.js";
import { RequestStream } from "./request-stream.js";
import { type Compression, ServerCall } from "./server-call.js";
import type { BoundMethod } from "./servicer.js";
import { StatusError } from "./status-error.js";
import { toWireMetadata, toWireStatus, type WireMetadata } from "./to-wire-status.js";

/** Parts of a server that its calls share. */
export interface CallEnvironment {
  readonly logger: Logger;
  readonly warn: ThrottledWarn;
  /** Aborts when the server begins to shut down. */
  readonly draining: AbortSignal;
  /** Interceptors of the runtime, which pass everything on at once. */
  readonly observers: readonly ServerInterceptor[];
  /** Interceptors of the user, which may take their time. */
  readonly interceptors: readonly ServerInterceptor[];
  readonly compression: Compression;
  /** Decides on a call before its handler. Its result is the call's context. */
  readonly authorize: ((call: ServerCall<undefined>) => unknown) | undefined;
  /** Reads the identity of a call's client. Undefined if clients have none. */
  readonly identify: ((call: BaseCall) => PeerIdentity) | undefined;
}

/** Limiter of the calls that a server runs. */
export type RunningCalls = CallLimiter<RunningCall>;

/**
 * Tolerance when a call ends at about its deadline: the client's timer and the server's race, and Node's timers may be a
 * millisecond early.
 */
const deadlineToleranceMs = 10;

/** Status as grpc-js sends it. */
type SentStatus = Parameters<ServerInterceptingCallInterface["sendStatus"]>[0];

const ok: SentStatus = { code: status.OK, details: "OK", metadata: null };

/** Status of a failure whose details are not meant for the client. */
const internalError: SentStatus = { code: status.INTERNAL, details: "internal error", metadata: null };

const noMetadata = new Metadata();

function ignore(): void {}

/**
 * State machine of one call, whatever its kind: runs the handler within the limit of calls, passes messages in both
 * directions with backpressure, and turns every throw into a status. It is its own listener, for grpc-js, so that a call
 * allocates no closures that it does not need.
 */
export class RunningCall {
  readonly base: BaseCall;
  metadata: Metadata = noMetadata;
  readonly peerIdentity: PeerIdentity | undefined;
  /** Result of `authorize`. */
  authorized: unknown;
  responseMetadata: Metadata | undefined;
  trailers: Metadata | undefined;
  compression: Compression;
  readonly #call: ServerInterceptingCallInterface;
  readonly #method: BoundMethod;
  readonly #environment: CallEnvironment;
  readonly #limiter: RunningCalls;
  readonly #requests: RequestStream<unknown> | undefined;
  #request: unknown;
  /** Set once the handler has been called. */
  #isHandled = false;
  /** Set once the handler has finished well. */
  #answered = false;
  /** Set once nothing more can be sent: the status is on its way or the client has gone. */
  #ended = false;
  #endReason: StatusError | undefined;
  #controller: AbortController | undefined;
  #compressor: ResponseCompressor | undefined;
  #metadataSent = false;
  /** Number of responses that the transport has not taken yet. */
  #unsent = 0;
  #wake = ignore;
  #returnResponses: (() => void) | undefined;

  constructor(base: BaseCall, method: BoundMethod, environment: CallEnvironment, limiter: RunningCalls) {
    const { compression, identify } = environment;
    this.base = base;
    this.#method = method;
    this.#environment = environment;
    this.#limiter = limiter;
    this.compression = compression;
    this.peerIdentity = identify?.(base);
    this.#call = intercept(base, method.definition, environment);
    const { requestStream, responseStream } = method.definition;
    this.#requests = requestStream ? new RequestStream(() => this.#call.startRead()) : undefined;
    if (responseStream) {
      endWithStatus(base);
    }
  }

  get path(): string {
    return this.#method.definition.path;
  }

  get draining(): AbortSignal {
    return this.#environment.draining;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended && !this.#answered) {
        this.#controller.abort(this.#reason());
      }
    }
    return this.#controller.signal;
  }

  start(): void {
    this.#call.start(this);
  }

  /** Ends the call with a status, whatever its handler does. */
  end(reason: StatusError): void {
    this.#endReason ??= reason;
    this.#sendStatus({ code: reason.code, details: reason.details, metadata: null });
    this.#stop();
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.metadata = metadata;
    if (this.#requests !== undefined) {
      void this.#run();
    } else {
      this.#call.startRead();
    }
  }

  onReceiveMessage(message: unknown): void {
    if (this.#requests !== undefined) {
      this.#requests.push(message);
    } else if (this.#request !== undefined) {
      this.#refuse("takes one request, and received a second");
    } else {
      this.#request = message;
      this.#call.startRead();
    }
  }

  onReceiveHalfClose(): void {
    if (this.#requests !== undefined) {
      // Node ends the readable side of a stream that is reset, too. A cancelled upload must not look complete.
      if (!this.base.stream.aborted) {
        this.#requests.end();
      }
    } else if (this.#request === undefined) {
      this.#refuse("takes one request, and received none");
    } else {
      void this.#run();
    }
  }

  /** Answers requests of another kind than the method's. */
  #refuse(reason: string): void {
    this.#sendStatus({ code: status.UNIMPLEMENTED, details: `${this.path} ${reason}`, metadata: null });
  }

  /** Receives the end of every call, whoever ended it. */
  onCancel(): void {
    this.#stop();
  }

  /** Runs the handler. Never rejects. */
  async #run(): Promise<void> {
    const { authorize } = this.#environment;
    if (!this.#limiter.tryAcquire(this)) {
      this.#sendStatus(this.#limiter.rejection);
      return;
    }
    try {
      const { definition, handler } = this.#method;
      const call = new ServerCall<undefined>(this);
      if (authorize !== undefined) {
        this.authorized = await authorize(call);
        if (this.#ended) {
          return;
        }
      }
      this.#isHandled = true;
      const output = handler(this.#requests ?? this.#request, call);
      if (definition.responseStream) {
        await this.#sendResponses(output as AsyncIterable<unknown>);
        this.#finish();
      } else {
        this.#sendResponse(await output);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#limiter.release(this);
    }
  }

  /** Sends the only response and the status. */
  #sendResponse(response: unknown): void {
    this.#send(response);
    if (this.#isSequential && this.#unsent > 0) {
      this.#answered = true;
      this.#wake = () => this.#finish();
    } else {
      this.#finish();
    }
  }

  /**
   * Sends responses as fast as the client reads them, until there are no more or the call has ended. An iterator that is
   * suspended when the call ends gets its `return()`, so that a generator's `finally` runs.
   */
  async #sendResponses(responses: AsyncIterable<unknown>): Promise<void> {
    const iterator = responses[Symbol.asyncIterator]();
    let returned: Promise<unknown> | undefined;
    this.#returnResponses = () => {
      // Async, so that a return() that throws rejects.
      returned ??= (async () => iterator.return?.())();
      returned.catch(ignore); // Awaited below.
    };
    if (this.#ended) {
      this.#returnResponses();
    }
    for (;;) {
      const { done, value } = await iterator.next();
      if (done || this.#ended) {
        break;
      }
      this.#send(value);
      while (this.#mustWait) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
    await returned;
  }

  #send(response: unknown): void {
    if (this.#ended) {
      return;
    }
    this.#sendMetadata();
    if (this.#compressor !== undefined) {
      this.#compressor.enabled = this.compression === "gzip";
    }
    this.#unsent++;
    this.#call.sendMessage(response, this.#onSent);
  }

  readonly #onSent = (): void => {
    this.#unsent--;
    this.#wake();
  };

  /** Tells whether a message must be taken before the next is sent. A compressor and a user's interceptor may be slow. */
  get #isSequential(): boolean {
    return this.#compressor !== undefined || this.#environment.interceptors.length > 0;
  }

  /** Tells whether the responses that the transport has not taken fill its buffer. */
  get #mustWait(): boolean {
    const { writableLength, writableHighWaterMark } = this.base.stream;
    return !this.#ended && this.#unsent > 0 && (this.#isSequential || writableLength >= writableHighWaterMark);
  }

  /** Sends the metadata before the first response, if it is not what grpc-js sends by itself. */
  #sendMetadata(): void {
    if (this.#metadataSent) {
      return;
    }
    this.#metadataSent = true;
    const compresses = this.compression === "gzip" && acceptsGzip(this.base.stream);
    if (this.responseMetadata !== undefined || compresses) {
      const metadata = this.#fit(toWireMetadata([this.responseMetadata]));
      if (compresses) {
        metadata.set("grpc-encoding", "gzip");
        this.#compressor = compressResponses(this.base);
      }
      this.#call.sendMetadata(metadata);
    }
  }

  /** Ends the call with OK. */
  #finish(): void {
    this.#answered = true;
    const { trailers } = this;
    this.#sendStatus(trailers === undefined ? ok : { ...ok, metadata: this.#fit(toWireMetadata([trailers])) });
  }

  /** Logs the size of metadata that was left out. */
  #fit({ metadata, omittedBytes }: WireMetadata): Metadata {
    if (omittedBytes > 0) {
      const { logger } = this.#environment;
      logger.warn({ method: this.path, omittedBytes }, "metadata left out, which exceeds what clients accept");
    }
    return metadata;
  }

  #sendStatus(status: SentStatus): void {
    if (!this.#ended) {
      this.#call.sendStatus(status);
    }
  }

  /** Answers with a failure. Throws nothing: nobody awaits the handler, so a throw would end the process. */
  #fail(error: unknown): void {
    let answer = internalError;
    try {
      answer = this.#statusOf(error);
      this.#answered = true;
      this.#sendStatus(answer);
    } catch (failure) {
      // An error that cannot be read, for instance.
      const { logger } = this.#environment;
      const lastResorts = [
        () => this.#sendStatus({ ...answer, metadata: null }),
        () => logger.error({ method: this.path, err: failure }, "failure cannot be logged or sent as it is"),
      ];
      for (const attempt of lastResorts) {
        try {
          attempt();
        } catch {
          // Nobody is left to tell; the client's deadline ends the call.
        }
      }
    }
  }

  #statusOf(error: unknown): SentStatus {
    const { logger, warn } = this.#environment;
    const method = this.path;
    const message = this.#isHandled ? "handler failed" : "authorize failed";
    if (this.#isConsequenceOfEnd(error)) {
      logger.debug({ method, err: error }, "handler stopped, as its call has been cancelled");
      return internalError;
    }
    if (!(error instanceof StatusError)) {
      // A thrown value need not be an error, and the log would leave out a function or `undefined`.
      logger.error({ method, err: error instanceof Error ? error : inspect(error) }, message);
      return internalError;
    }
    if (error.cause !== undefined) {
      if (this.#isHandled) {
        logger.error({ method, err: error }, message);
      } else {
        warn("refusal", { method, err: error }, "call refused");
      }
    }
    const wire = toWireStatus(error, this.trailers);
    return { code: wire.code, details: wire.details, metadata: this.#fit(wire) };
  }

  /** Tells whether an error is only the consequence of the end of the call. */
  #isConsequenceOfEnd(error: unknown): boolean {
    if (!this.#ended || !(error instanceof Error)) {
      return false;
    }
    const reason = this.#endReason;
    return error.name === "AbortError" || (reason !== undefined && (error === reason || error.cause === reason));
  }

  /** Stops everything that goes on in the call. */
  #stop(): void {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    // The end of a call that has been answered is no cancellation.
    if (this.#answered) {
      this.#requests?.end();
    } else {
      this.#controller?.abort(this.#reason());
      this.#requests?.end(this.#reason());
    }
    this.#returnResponses?.();
    this.#wake();
  }

  #reason(): StatusError {
    const deadline = Number(this.base.getDeadline());
    this.#endReason ??=
      deadline - deadlineToleranceMs <= Date.now()
        ? new StatusError(status.DEADLINE_EXCEEDED, "the deadline has passed")
        : new StatusError(status.CANCELLED, "the call has been cancelled");
    return this.#endReason;
  }
}

/** Passes a call through the interceptors of its server. */
export function intercept(
  base: BaseCall,
  definition: ServerMethodDefinition<unknown, unknown>,
  { observers, interceptors }: CallEnvironment,
): ServerInterceptingCallInterface {
  let call: ServerInterceptingCallInterface = base;
  for (const interceptor of observers) {
    call = interceptor(definition, call);
  }
  for (const interceptor of interceptors) {
    call = interceptor(definition, call);
  }
  return call;
}

/**
 * Lets the listener know of the end of a call when its status is sent. By itself, grpc-js tells it when the client has read
 * all responses, and a client that reads none would keep the handler from noticing that its deadline has passed.
 */
function endWithStatus(base: BaseCall): void {
  const { sendStatus } = base;
  base.sendStatus = (status) => {
    sendStatus.call(base, status);
    base.notifyOnCancel();
  };
}
