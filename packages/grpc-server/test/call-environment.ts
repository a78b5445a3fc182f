import { pino } from "pino";
import type { ServiceLimiters } from "../src/calls/add-service.js";
import type { CallEnvironment } from "../src/calls/call-environment.js";
import { createCallLimiter } from "../src/calls/call-limiter.js";

/** Creates the environment of calls on a server without options. */
export function testEnvironment(environment: Partial<CallEnvironment> = {}): CallEnvironment {
  return {
    logger: pino({ level: "silent" }),
    warn: () => {},
    draining: new AbortController().signal,
    observers: [],
    interceptors: [],
    compression: "identity",
    authorize: undefined,
    identify: undefined,
    ...environment,
  };
}

/** Creates limiters that reject no call. */
export function unlimited(): ServiceLimiters {
  return {
    unary: createCallLimiter(Number.POSITIVE_INFINITY, "unary"),
    streaming: createCallLimiter(Number.POSITIVE_INFINITY, "streaming"),
  };
}
