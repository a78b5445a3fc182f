import { inspect } from "node:util";
import {
  type handleUnaryCall,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerWritableStream,
  type StatusObject,
  status,
  type UntypedHandleCall,
} from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { CallLimiter, SendStatus } from "./call-limiter.js";
import type { BidiStreamHandler, ClientStreamHandler, ServerStreamHandler, UnaryHandler } from "./handler.js";
import { readRequests, writeResponses } from "./message-streams.js";
import { type GrpcCall, isConsequenceOfCancellation, markAnswered, ServerCall } from "./server-call.js";
import type { BoundMethod } from "./servicer.js";
import { StatusError } from "./status-error.js";
import { toWireStatus } from "./to-wire-status.js";

/** Parts of a server that its handlers share. */
export interface HandlerContext {
  readonly limiter: CallLimiter;
  readonly logger: Logger;
  /** Aborts when the server begins to shut down. */
  readonly draining: AbortSignal;
}

/** Status of a failure whose details are not meant for the client. */
const internalError: Partial<StatusObject> = { code: status.INTERNAL, details: "internal error" };

/** Wraps a handler for grpc-js: enforces the call limit and turns every throw into a status. */
export function createSafeHandler({ definition, handler }: BoundMethod, context: HandlerContext): UntypedHandleCall {
  const { requestStream, responseStream } = definition;
  if (responseStream) {
    return requestStream
      ? bidiStream(handler as BidiStreamHandler<unknown, unknown>, context)
      : serverStream(handler as ServerStreamHandler<unknown, unknown>, context);
  }
  return requestStream
    ? clientStream(handler as ClientStreamHandler<unknown, unknown>, context)
    : unary(handler as UnaryHandler<unknown, unknown>, context);
}

function unary(handler: UnaryHandler<unknown, unknown>, context: HandlerContext): handleUnaryCall<unknown, unknown> {
  const { limiter, logger, draining } = context;
  return async (grpcCall, callback) => {
    if (!limiter.tryAcquire(callback)) {
      callback(limiter.rejection);
      return;
    }
    const call = new ServerCall(grpcCall, draining);
    try {
      const response = await handler(grpcCall.request, call);
      markAnswered(call);
      callback(null, response);
    } catch (error) {
      fail(error, { call, sendStatus: callback, logger });
    } finally {
      limiter.release(callback);
    }
  };
}

function clientStream(handler: ClientStreamHandler<unknown, unknown>, context: HandlerContext) {
  return (
    grpcCall: ServerReadableStream<unknown, unknown>,
    callback: Parameters<handleUnaryCall<unknown, unknown>>[1],
  ) =>
    run(grpcCall, callback, context, async (call) => {
      const response = await handler(readRequests(grpcCall, call), call);
      markAnswered(call);
      callback(null, response);
    });
}

function serverStream(handler: ServerStreamHandler<unknown, unknown>, context: HandlerContext) {
  return (grpcCall: ServerWritableStream<unknown, unknown>) =>
    respond(grpcCall, context, (call) => handler(grpcCall.request, call));
}

function bidiStream(handler: BidiStreamHandler<unknown, unknown>, context: HandlerContext) {
  return (grpcCall: ServerDuplexStream<unknown, unknown>) =>
    respond(grpcCall, context, (call) => handler(readRequests(grpcCall, call), call));
}

/** Answers a call with the stream of responses that a handler returns. */
function respond(
  grpcCall: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
  context: HandlerContext,
  handle: (call: ServerCall) => AsyncIterable<unknown>,
): Promise<void> {
  const sendStatus: SendStatus = (failure) => {
    if (!grpcCall.writableEnded) {
      grpcCall.emit("error", failure);
    }
  };
  return run(grpcCall, sendStatus, context, async (call) => {
    await writeResponses(grpcCall, handle(call));
    markAnswered(call);
    if (!grpcCall.writableEnded) {
      grpcCall.end();
    }
  });
}

/** Runs the handler of a streaming call within the call limit. */
async function run(
  grpcCall: GrpcCall,
  sendStatus: SendStatus,
  { limiter, logger, draining }: HandlerContext,
  handle: (call: ServerCall) => Promise<void>,
): Promise<void> {
  if (!limiter.tryAcquire(sendStatus)) {
    sendStatus(limiter.rejection);
    return;
  }
  const call = new ServerCall(grpcCall, draining);
  try {
    await handle(call);
  } catch (error) {
    fail(error, { call, sendStatus, logger });
  } finally {
    limiter.release(sendStatus);
  }
}

interface FailedCall {
  readonly call: ServerCall;
  readonly sendStatus: SendStatus;
  readonly logger: Logger;
}

/** Answers with a failure. Throws nothing: nobody awaits the handler, so a throw would end the process. */
function fail(error: unknown, { call, sendStatus, logger }: FailedCall): void {
  let answer = internalError;
  try {
    answer = statusOf(error, call, logger);
    markAnswered(call);
    sendStatus(answer);
  } catch (failure) {
    // An error that cannot be read, for instance.
    const { metadata: _metadata, ...plain } = answer;
    const lastResorts = [
      () => sendStatus(plain),
      () => logger.error({ method: call.path, err: failure }, "failure cannot be logged or sent as it is"),
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

function statusOf(error: unknown, call: ServerCall, logger: Logger): Partial<StatusObject> {
  const method = call.path;
  if (isConsequenceOfCancellation(call, error)) {
    logger.debug({ method, err: error }, "handler stopped, as its call has been cancelled");
    return internalError;
  }
  if (!(error instanceof StatusError)) {
    // A thrown value need not be an error, and the log would leave out a function or `undefined`.
    logger.error({ method, err: error instanceof Error ? error : inspect(error) }, "handler failed");
    return internalError;
  }
  if (error.cause !== undefined) {
    logger.error({ method, err: error }, "handler failed");
  }
  const { omittedBytes, ...answer } = toWireStatus(error);
  if (omittedBytes > 0) {
    logger.warn({ method, omittedBytes }, "status sent without its metadata, which exceeds what clients accept");
  }
  return answer;
}
