import type { ServerCall } from "./server-call.js";

/*
 * A handler answers one RPC. If it throws or rejects with a `StatusError`, the client receives that status. The client
 * receives any other error as INTERNAL with a fixed text, so that no secret leaks.
 */

/** Handler that answers one request with one response. */
export type UnaryHandler<Request, Response, Context = unknown> = (
  request: Request,
  call: ServerCall<Context>,
) => Response | PromiseLike<Response>;

/** Handler that answers one request with a stream of responses, usually an async generator. */
export type ServerStreamHandler<Request, Response, Context = unknown> = (
  request: Request,
  call: ServerCall<Context>,
) => AsyncIterable<Response>;

/** Handler that answers a stream of requests with one response. */
export type ClientStreamHandler<Request, Response, Context = unknown> = (
  requests: AsyncIterable<Request>,
  call: ServerCall<Context>,
) => Response | PromiseLike<Response>;

/** Handler that answers a stream of requests with a stream of responses. */
export type BidiStreamHandler<Request, Response, Context = unknown> = (
  requests: AsyncIterable<Request>,
  call: ServerCall<Context>,
) => AsyncIterable<Response>;
