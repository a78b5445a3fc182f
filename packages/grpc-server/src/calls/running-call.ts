import { Metadata, type ServerInterceptingCallInterface, status } from "@grpc/grpc-js";
import type { PeerIdentity } from "../tls/peer-identity.js";
import type { BaseCall } from "./base-call.js";
import { type CallEnvironment, intercept, logOmitted } from "./call-environment.js";
import type { CallLimiter } from "./call-limiter.js";
import { failureStatus, internalError, type SentStatus } from "./failure-status.js";
import { RequestStream } from "./request-stream.js";
import { ResponseSender } from "./response-sender.js";
import { ServerCall } from "./server-call.js";
import type { BoundMethod } from "./servicer.js";
import { StatusError } from "./status-error.js";
import { toWireMetadata } from "./to-wire-status.js";

/** Limiter of the calls that a server runs. */
export type RunningCalls = CallLimiter<RunningCall>;

/**
 * Tolerance when a call ends at about its deadline: the client's timer and the server's race, and Node's timers may be a
 * millisecond early.
 */
const deadlineToleranceMs = 10;

const ok: SentStatus = { code: status.OK, details: "OK", metadata: null };

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
  readonly responses: ResponseSender;
  /** Metadata to send with the status. */
  trailers: Metadata | undefined;
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
  #returnResponses: (() => void) | undefined;

  constructor(base: BaseCall, method: BoundMethod, environment: CallEnvironment, limiter: RunningCalls) {
    this.base = base;
    this.#method = method;
    this.#environment = environment;
    this.#limiter = limiter;
    this.peerIdentity = environment.identify?.(base);
    this.#call = intercept(base, method.definition, environment);
    const { path, requestStream, responseStream } = method.definition;
    this.responses = new ResponseSender(path, base, this.#call, environment);
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
      } else {
        const response = await output;
        if (!this.#ended) {
          this.responses.send(response);
          this.#answered = true;
          if (this.responses.isSlow && this.responses.isFull) {
            await this.responses.wait();
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
      this.responses.send(value);
      while (this.responses.isFull && !this.#ended) {
        await this.responses.wait();
      }
    }
    await returned;
  }

  /** Ends the call with OK. */
  #finish(): void {
    this.#answered = true;
    if (this.trailers === undefined) {
      this.#sendStatus(ok);
    } else {
      const wire = toWireMetadata([this.trailers]);
      logOmitted(wire, this.path, this.#environment);
      this.#sendStatus({ ...ok, metadata: wire.metadata });
    }
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
      const call = {
        path: this.path,
        isHandled: this.#isHandled,
        endReason: this.#ended ? this.#reason() : undefined,
        trailers: this.trailers,
      };
      answer = failureStatus(error, call, this.#environment);
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
    this.responses.stop();
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
