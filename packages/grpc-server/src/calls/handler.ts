import type { ServerCall } from "./server-call.js";

/*
 * A handler answers one RPC. An error that it throws or rejects with goes out as its status if it is a `StatusError`,
 * and otherwise as INTERNAL with a fixed text, so that no secret leaks.
 */

/** Handler that answers one request with one response. */
export type UnaryHandler<Request, Response> = (request: Request, call: ServerCall) => Response | PromiseLike<Response>;

/** Handler that answers one request with a stream of responses: an async generator, mostly. */
export type ServerStreamHandler<Request, Response> = (request: Request, call: ServerCall) => AsyncIterable<Response>;

/** Handler that answers a stream of requests with one response. */
export type ClientStreamHandler<Request, Response> = (
  requests: AsyncIterable<Request>,
  call: ServerCall,
) => Response | PromiseLike<Response>;

/** Handler that answers a stream of requests with a stream of responses. */
export type BidiStreamHandler<Request, Response> = (
  requests: AsyncIterable<Request>,
  call: ServerCall,
) => AsyncIterable<Response>;
