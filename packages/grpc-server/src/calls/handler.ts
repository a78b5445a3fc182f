import type { ServerCall } from "./server-call.js";

/*
 * A handler answers one RPC. An error that it throws or rejects with goes out as its status if it is a `StatusError`,
 * and otherwise as INTERNAL with a fixed text, so that no secret leaks.
 */

/** Handler that answers one request with one response. */
export type UnaryHandler<Request, Response, Context = unknown> = (
  request: Request,
  call: ServerCall<Context>,
) => Response | PromiseLike<Response>;

/** Handler that answers one request with a stream of responses: an async generator, mostly. */
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
