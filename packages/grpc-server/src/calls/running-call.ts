import { Metadata, type ServerInterceptingCallInterface, status } from "@grpc/grpc-js";
import type { BaseCall, SentStatus } from "../http2/base-call.js";
import type { PeerIdentity } from "../tls/peer-identity.js";
import type { CallEnvironment } from "./call-environment.js";
import type { CallLimiter } from "./call-limiter.js";
import { handleFailure, internalError } from "./handler-failure.js";
import { intercept } from "./intercept.js";
import { RequestStream } from "./request-stream.js";
import { ResponseSender } from "./response-sender.js";
import { type CallState, ServerCall } from "./server-call.js";
import type { BoundMethod } from "./servicer.js";
import { StatusError } from "./status-error.js";
import { toSuccessMetadata } from "./wire-metadata.js";

/** Limiter of a server's calls. */
export type RunningCallLimiter = CallLimiter<RunningCall>;

/**
 * Tolerance for a call that ends close to its deadline, in milliseconds: the timers of client and server race, and
 * Node's timers may fire a millisecond early.
 */
const deadlineToleranceMs = 10;

const ok: SentStatus = { code: status.OK, details: "OK", metadata: null };

const noMetadata = new Metadata();

function ignore(): void {}

/**
 * State machine of one call of any kind: runs the handler within the call limit, passes messages in both directions
 * with backpressure, and turns every throw into a status. It is also the listener that it passes to grpc-js, which
 * saves the allocation of closures.
 */
export class RunningCall implements CallState {
  readonly base: BaseCall;
  metadata: Metadata = noMetadata;
  readonly peerIdentity: PeerIdentity | undefined;
  /** Result of `authorize`. */
  context: unknown;
  readonly responses: ResponseSender;
  /** Trailers, sent with the status. */
  trailers: Metadata | undefined;
  readonly #call: ServerInterceptingCallInterface;
  readonly #method: BoundMethod;
  readonly #environment: CallEnvironment;
  readonly #limiter: RunningCallLimiter;
  readonly #requests: RequestStream<unknown> | undefined;
  #request: unknown;
  #handlerCalled = false;
  /** True once the result of the handler is being sent. */
  #answered = false;
  /** True once nothing more can be sent: the status is being sent, or the client has disconnected. */
  #ended = false;
  #endReason: StatusError | undefined;
  #controller: AbortController | undefined;
  #returnResponses: (() => void) | undefined;

  constructor(base: BaseCall, method: BoundMethod, environment: CallEnvironment, limiter: RunningCallLimiter) {
    this.base = base;
    this.#method = method;
    this.#environment = environment;
    this.#limiter = limiter;
    this.peerIdentity = environment.identify?.(base);
    this.#call = intercept(base, method.definition, environment);
    const { requestStream, responseStream } = method.definition;
    this.responses = new ResponseSender(base, this.#call, environment);
    this.#requests = requestStream ? new RequestStream(() => this.#call.startRead()) : undefined;
    if (responseStream) {
      notifyOnStatus(base);
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

  /** Ends the call with a status, even if its handler is still running. */
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
      this.#rejectRequests("takes one request but received a second");
    } else {
      this.#request = message;
      this.#call.startRead();
    }
  }

  onReceiveHalfClose(): void {
    if (this.#requests !== undefined) {
      // Node also ends the readable side of a reset stream, but a cancelled upload must not look complete.
      if (!this.base.stream.aborted) {
        this.#requests.end();
      }
    } else if (this.#request === undefined) {
      this.#rejectRequests("takes one request but received none");
    } else {
      void this.#run();
    }
  }

  /** Rejects a call with the wrong number of requests. */
  #rejectRequests(reason: string): void {
    this.#sendStatus({ code: status.UNIMPLEMENTED, details: `${this.path} ${reason}`, metadata: null });
  }

  /** Handles the end of every call, whichever side ended it. */
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
        this.context = await authorize(call);
        if (this.#ended) {
          return;
        }
      }
      this.#handlerCalled = true;
      const output = handler(this.#requests ?? this.#request, call);
      if (definition.responseStream) {
        await this.#sendResponses(output as AsyncIterable<unknown>);
      } else {
        const response = await output;
        if (!this.#ended) {
          this.responses.send(response);
          this.#answered = true;
          if (this.responses.isAsync && this.responses.isFull) {
            await this.responses.waitForTransport();
          }
        }
      }
      this.#finish();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#limiter.release(this);
    }
  }

  /**
   * Sends responses as fast as the client reads them, until there are no more or the call has ended. If the call ends
   * first, calls the iterator's `return()`, so that a generator's `finally` runs.
   */
  async #sendResponses(responses: AsyncIterable<unknown>): Promise<void> {
    const iterator = responses[Symbol.asyncIterator]();
    let returned: Promise<unknown> | undefined;
    this.#returnResponses = () => {
      // Async, so that a throw in return() becomes a rejection.
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
      this.responses.send(value);
      while (this.responses.isFull && !this.#ended) {
        await this.responses.waitForTransport();
      }
    }
    await returned;
  }

  /** Ends the call with OK. */
  #finish(): void {
    const status = this.trailers === undefined ? ok : { ...ok, metadata: toSuccessMetadata("trailers", this.trailers) };
    this.#answered = true;
    this.#sendStatus(status);
  }

  #sendStatus(status: SentStatus): void {
    if (!this.#ended) {
      this.#call.sendStatus(status);
    }
  }

  /** Answers with a failure. Never throws: nothing awaits the handler, so a throw would end the process. */
  #fail(error: unknown): void {
    let answer = internalError;
    try {
      const call = {
        path: this.path,
        handlerCalled: this.#handlerCalled,
        endReason: this.#ended ? this.#reason() : undefined,
        trailers: this.trailers,
      };
      answer = handleFailure(error, call, this.#environment);
      this.#answered = true;
      this.#sendStatus(answer);
    } catch (failure) {
      // For example, reading the error has thrown.
      const { logger } = this.#environment;
      const lastResorts = [
        () => this.#sendStatus({ ...answer, metadata: null }),
        () => logger.error({ method: this.path, err: failure }, "failed to log or send an error"),
      ];
      for (const attempt of lastResorts) {
        try {
          attempt();
        } catch {
          // Nothing else can be done. The client's deadline ends the call.
        }
      }
    }
  }

  /** Stops reading, sending and the handler. */
  #stop(): void {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    // A call that has been answered is not cancelled.
    if (this.#answered) {
      this.#requests?.end();
    } else {
      this.#controller?.abort(this.#reason());
      this.#requests?.end(this.#reason());
    }
    this.#returnResponses?.();
    this.responses.stopWaiting();
  }

  #reason(): StatusError {
    const deadline = Number(this.base.getDeadline());
    this.#endReason ??=
      deadline - deadlineToleranceMs <= Date.now()
        ? new StatusError(status.DEADLINE_EXCEEDED, "the deadline has passed")
        : new StatusError(status.CANCELLED, "the call was cancelled");
    return this.#endReason;
  }
}

/**
 * Notifies the listener of the end of a call as soon as the status is sent. By default, grpc-js notifies it only after
 * the client has read all responses. If a client reads none, the handler would not notice that its deadline has passed.
 */
function notifyOnStatus(base: BaseCall): void {
  const { sendStatus } = base;
  base.sendStatus = (status) => {
    sendStatus.call(base, status);
    base.notifyOnCancel();
  };
}
