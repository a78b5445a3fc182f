import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { ServerInterceptingCall, type ServerInterceptor, type ServiceError, status } from "@grpc/grpc-js";
import type { UnaryCallOptions } from "@hello/testing/call-unary";
import { type EchoRequest, EchoResponse } from "@hello/testing/echo";
import { message } from "@hello/testing/http2-frames";
import { serveEcho } from "../../test/echo-server.js";
import { openRawCall } from "../../test/observed-server.js";
import type { UnaryHandler } from "./handler-types.js";
import { StatusError } from "./status-error.js";

const errorLevel = 50;

type Handler = UnaryHandler<EchoRequest, EchoResponse>;

interface ServeOptions {
  /** Receives the log lines instead of `log`. */
  readonly write?: (line: string) => void;
  readonly interceptors?: readonly ServerInterceptor[];
}

/** Serves one handler. Returns a function that calls it, and the log of warnings and errors. */
async function serve(unary: Handler, options: ServeOptions = {}) {
  const server = await serveEcho({ unary }, options);
  const log = server.log.lines;
  return {
    log,
    errors: () => log.filter(({ level }) => level >= errorLevel),
    call: (options?: UnaryCallOptions) => server.unary("World", options),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const fine = new EchoResponse().setValue("fine");

/** Creates a handler that answers the first call with another handler, and all later calls with {@link fine}. */
function onFirstCall(first: Handler): Handler {
  let calls = 0;
  return (request, call) => (calls++ === 0 ? first(request, call) : fine);
}

function isInternalWithoutSecret(error: ServiceError) {
  assert.equal(error.code, status.INTERNAL);
  assert.doesNotMatch(JSON.stringify([error.details, error.metadata]), /secret/);
  return true;
}

/** Creates a function that throws a value. */
function thrower(value: unknown): () => never {
  return () => {
    throw value;
  };
}

const unreadableError = Object.defineProperty(new Error("secret"), "message", { get: thrower(new Error("secret")) });
const unrecognizableError = new Proxy(
  {},
  { getPrototypeOf: thrower(new Error("secret")), get: thrower(new Error("secret")) },
);

/** Failing handlers, each with a pattern of its only log line. */
const failures: Record<string, [Handler, logged: RegExp]> = {
  "a throw": [thrower(new Error("secret")), /secret.*running-call\.test\.ts/],
  "a rejection": [() => Promise.reject(new Error("secret")), /secret.*running-call\.test\.ts/],
  "a rejection with a cause": [
    () => Promise.reject(new Error("outer", { cause: new TypeError("secret") })),
    /outer.*running-call\.test\.ts.*TypeError: secret.*running-call\.test\.ts/,
  ],
  "a rejected string": [() => Promise.reject("secret"), /"err":"'secret'"/],
  "a rejected undefined": [() => Promise.reject(undefined), /"err":"undefined"/],
  "a rejected function": [() => Promise.reject(thrower), /"err":"\[Function: thrower\]"/],
  "a rejected object that looks like a status": [
    () => Promise.reject({ code: status.NOT_FOUND, details: "secret" }),
    /secret/,
  ],
  "an error that cannot be read": [thrower(unreadableError), /failed to log or send/],
  "an error that cannot be inspected": [thrower(unrecognizableError), /failed to log or send/],
  "a response that cannot be read": [() => new Proxy(fine, { get: thrower(new Error("secret")) }), /secret/],
  "an AbortError of a call that was not cancelled": [() => Promise.reject(AbortSignal.abort().reason), /AbortError/],
  "a response of the wrong type": [
    () => ({ value: "secret" }) as unknown as EchoResponse,
    /Expected argument of type testing.v1.EchoResponse/,
  ],
  "no response": [() => undefined as unknown as EchoResponse, /Expected argument of type testing.v1.EchoResponse/],
};

for (const [failure, [handler, logged]] of Object.entries(failures)) {
  test(`answers ${failure} with INTERNAL and a fixed text, logs it once, and serves the next call`, async () => {
    await using server = await serve(onFirstCall(handler));
    await assert.rejects(server.call(), isInternalWithoutSecret);
    assert.equal(await server.call(), "fine");
    assert.equal(server.log.length, 1);
    assert.equal(server.errors().length, 1);
    assert.match(JSON.stringify(server.log[0]), logged);
    assert.match(JSON.stringify(server.log[0]), /"method":"\/testing\.v1\.Echo\/Unary"/);
  });
}

test("ignores a second settlement", async () => {
  await using server = await serve(
    () =>
      new Promise((resolve, reject) => {
        resolve(fine);
        resolve(new EchoResponse().setValue("second"));
        reject(new Error("secret"));
      }),
  );
  assert.equal(await server.call(), "fine");
  assert.deepEqual(server.log, []);
});

test("ends an unanswered call at its deadline", async () => {
  let answers = false;
  // Does not count calls: on a busy machine the deadline may pass before the call reaches the handler.
  await using server = await serve(() => (answers ? fine : new Promise(() => undefined)));
  await assert.rejects(server.call({ timeoutMs: 50 }), { code: status.DEADLINE_EXCEEDED });
  answers = true;
  assert.equal(await server.call(), "fine");
  assert.deepEqual(server.log, []);
});

/** Serves a handler that runs only after its client has cancelled, and makes that call. */
async function serveCancelled(handler: Handler) {
  const events = new EventEmitter();
  const server = await serve(
    onFirstCall(async (request, call) => {
      const { signal } = call;
      events.emit("called");
      await once(signal, "abort");
      // Fires after the result of the handler has been processed.
      queueMicrotask(() => setImmediate(() => events.emit("done")));
      return handler(request, call);
    }),
  );
  const called = once(events, "called");
  const done = once(events, "done");
  const cancellation = new AbortController();
  const cancelled = assert.rejects(server.call({ signal: cancellation.signal }), { code: status.CANCELLED });
  await called;
  cancellation.abort();
  await Promise.all([done, cancelled]);
  return server;
}

test("drops a response sent after cancellation", async () => {
  await using server = await serveCancelled(() => fine);
  assert.equal(await server.call(), "fine");
  assert.deepEqual(server.log, []);
});

const cancellationErrors: Record<string, Handler> = {
  "the reason of its signal": (_request, { signal }) => Promise.reject(signal.reason),
  "an AbortError": () => Promise.reject(AbortSignal.abort().reason),
  "an error caused by that reason": (_request, { signal }) =>
    Promise.reject(new Error("upstream call cancelled", { cause: signal.reason })),
};

for (const [error, handler] of Object.entries(cancellationErrors)) {
  test(`does not log an error when a cancelled handler throws ${error}`, async () => {
    await using server = await serveCancelled(handler);
    assert.equal(await server.call(), "fine");
    assert.deepEqual(server.errors(), []);
  });
}

test("logs any other error after cancellation", async () => {
  await using server = await serveCancelled(thrower(new TypeError("secret")));
  assert.equal(await server.call(), "fine");
  assert.equal(server.errors().length, 1);
  assert.match(JSON.stringify(server.log), /TypeError: secret/);
});

class BrokenCall extends ServerInterceptingCall {
  override sendMessage(): never {
    throw new Error("secret");
  }
}

test("answers INTERNAL and logs when grpc-js throws while sending the response", async () => {
  await using server = await serve(() => fine, { interceptors: [(_method, call) => new BrokenCall(call)] });
  await assert.rejects(server.call(), isInternalWithoutSecret);
  assert.equal(server.errors().length, 1);
  assert.match(JSON.stringify(server.log), /secret/);
});

test("answers even if the log cannot be written", async () => {
  await using server = await serve(onFirstCall(thrower(new Error("secret"))), {
    write(line) {
      assert.doesNotMatch(line, /"level":50/, "disk full");
    },
  });
  await assert.rejects(server.call(), isInternalWithoutSecret);
  assert.equal(await server.call(), "fine");
});

test("aborts the signal with DEADLINE_EXCEEDED when the deadline passes", async () => {
  let reason: unknown;
  await using server = await serveEcho({
    async unary(_request, { signal }) {
      await once(signal, "abort");
      reason = signal.reason;
      throw reason;
    },
  });
  // On a busy machine the deadline may pass before the call reaches the handler.
  while (reason === undefined) {
    // Unlike a client of grpc-js, it does not cancel the call at the deadline itself.
    const [session, stream] = openRawCall(server.address, { "grpc-timeout": "50m" });
    stream.resume().end(message(Buffer.of()));
    await once(stream, "end");
    session.destroy();
  }
  assert.ok(reason instanceof StatusError);
  assert.equal(reason.code, status.DEADLINE_EXCEEDED);
});

test("aborts the signal with CANCELLED when the client cancels", async () => {
  let reason: unknown;
  await using server = await serveCancelled((_request, { signal }) => {
    reason = signal.reason;
    return fine;
  });
  assert.ok(reason instanceof StatusError);
  assert.equal(reason.code, status.CANCELLED);
  assert.equal(await server.call(), "fine");
});

test("does not abort the signal of a successful call", async () => {
  let signal: AbortSignal | undefined;
  await using server = await serve((_request, call) => {
    signal = call.signal;
    return fine;
  });
  await server.call();
  await server.call();
  assert.equal(signal?.aborted, false);
});
