import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { ServerInterceptingCall, type ServerInterceptor, type ServiceError, status } from "@grpc/grpc-js";
import type { UnaryCallOptions } from "@hello/testing/call-unary";
import { type EchoRequest, EchoResponse } from "@hello/testing/echo";
import { serveEcho } from "../../test/echo-server.js";
import type { UnaryHandler } from "./handler.js";
import { StatusError } from "./status-error.js";

const errorLevel = 50;

type Handler = UnaryHandler<EchoRequest, EchoResponse>;

interface ServeOptions {
  /** Receives log lines in place of `log`. */
  readonly write?: (line: string) => void;
  readonly interceptors?: readonly ServerInterceptor[];
}

/** Serves one handler; `call` calls it, and `log` holds the warnings and errors. */
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

/** Answers the first call in its own way, and all others well. */
function firstly(first: Handler): Handler {
  let calls = 0;
  return (request, call) => (calls++ === 0 ? first(request, call) : fine);
}

function internal(error: ServiceError) {
  assert.equal(error.code, status.INTERNAL);
  assert.doesNotMatch(JSON.stringify([error.details, error.metadata]), /secret/);
  return true;
}

function thrower(what: unknown): () => never {
  return () => {
    throw what;
  };
}

const hostile = Object.defineProperty(new Error("secret"), "message", { get: thrower(new Error("secret")) });
const proxy = new Proxy({}, { getPrototypeOf: thrower(new Error("secret")), get: thrower(new Error("secret")) });

/** Each of them is one line in the log, with what it must hold of the cause. */
const failures: Record<string, [Handler, logged: RegExp]> = {
  "a throw": [thrower(new Error("secret")), /secret.*running-call\.test\.ts/],
  "a rejection": [() => Promise.reject(new Error("secret")), /secret.*running-call\.test\.ts/],
  "a rejection with a cause": [
    () => Promise.reject(new Error("outer", { cause: new TypeError("secret") })),
    /outer.*running-call\.test\.ts.*TypeError: secret.*running-call\.test\.ts/,
  ],
  "a rejected text": [() => Promise.reject("secret"), /"err":"'secret'"/],
  "a rejected undefined": [() => Promise.reject(undefined), /"err":"undefined"/],
  "a rejected function": [() => Promise.reject(thrower), /"err":"\[Function: thrower\]"/],
  "a rejected object that looks like a status": [
    () => Promise.reject({ code: status.NOT_FOUND, details: "secret" }),
    /secret/,
  ],
  "an error that cannot be read": [thrower(hostile), /cannot be logged or sent/],
  "an error that cannot be recognised": [thrower(proxy), /cannot be logged or sent/],
  "a response that cannot be read": [() => new Proxy(fine, { get: thrower(new Error("secret")) }), /secret/],
  "an AbortError of a call that nobody has cancelled": [() => Promise.reject(AbortSignal.abort().reason), /AbortError/],
  "a response of the wrong type": [
    () => ({ value: "secret" }) as unknown as EchoResponse,
    /Expected argument of type testing.v1.EchoResponse/,
  ],
  "no response": [() => undefined as unknown as EchoResponse, /Expected argument of type testing.v1.EchoResponse/],
};

for (const [what, [handler, logged]] of Object.entries(failures)) {
  test(`${what} becomes INTERNAL with a fixed text and one line in the log, and the next call is answered`, async () => {
    await using server = await serve(firstly(handler));
    await assert.rejects(server.call(), internal);
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

test("ends a call that is never answered at its deadline", async () => {
  // On a busy machine the deadline may pass before the call has reached the handler.
  let answers = false;
  await using server = await serve(() => (answers ? fine : new Promise(() => undefined)));
  await assert.rejects(server.call({ timeoutMs: 50 }), { code: status.DEADLINE_EXCEEDED });
  answers = true;
  assert.equal(await server.call(), "fine");
  assert.deepEqual(server.log, []);
});

/** Serves a handler that goes on only when its client has cancelled. */
async function serveCancelled(afterwards: Handler) {
  const events = new EventEmitter();
  const server = await serve(
    firstly(async (request, call) => {
      const { signal } = call;
      events.emit("called");
      await once(signal, "abort");
      // What follows is what the caller of this function waits for.
      queueMicrotask(() => setImmediate(() => events.emit("done")));
      return afterwards(request, call);
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

const abandoned: Record<string, Handler> = {
  "its signal's reason": (_request, { signal }) => Promise.reject(signal.reason),
  "an AbortError": () => Promise.reject(AbortSignal.abort().reason),
  "an error that is caused by its signal": (_request, { signal }) =>
    Promise.reject(new Error("upstream call cancelled", { cause: signal.reason })),
};

for (const [what, handler] of Object.entries(abandoned)) {
  test(`${what} is no error in the log where the client has cancelled`, async () => {
    await using server = await serveCancelled(handler);
    assert.equal(await server.call(), "fine");
    assert.deepEqual(server.errors(), []);
  });
}

test("another error is one in the log though the client has cancelled", async () => {
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

test("an exception of grpc-js while it answers becomes INTERNAL and is logged", async () => {
  await using server = await serve(() => fine, { interceptors: [(_method, call) => new BrokenCall(call)] });
  await assert.rejects(server.call(), internal);
  assert.equal(server.errors().length, 1);
  assert.match(JSON.stringify(server.log), /secret/);
});

test("a log that cannot be written does not change the answer", async () => {
  await using server = await serve(firstly(thrower(new Error("secret"))), {
    write(line) {
      assert.doesNotMatch(line, /"level":50/, "disk full");
    },
  });
  await assert.rejects(server.call(), internal);
  assert.equal(await server.call(), "fine");
});

test("the signal aborts when the deadline passes, with DEADLINE_EXCEEDED as its reason", async () => {
  let reason: unknown;
  await using server = await serve(async (_request, { signal }) => {
    await once(signal, "abort");
    reason = signal.reason;
    throw reason;
  });
  // On a busy machine the deadline may pass before the call has reached the handler.
  while (reason === undefined) {
    await assert.rejects(server.call({ timeoutMs: 50 }), { code: status.DEADLINE_EXCEEDED });
  }
  assert.ok(reason instanceof StatusError);
  assert.equal(reason.code, status.DEADLINE_EXCEEDED);
});

test("the signal aborts when the client cancels, with CANCELLED as its reason", async () => {
  let reason: unknown;
  await using server = await serveCancelled((_request, { signal }) => {
    reason = signal.reason;
    return fine;
  });
  assert.ok(reason instanceof StatusError);
  assert.equal(reason.code, status.CANCELLED);
  assert.equal(await server.call(), "fine");
});

test("the signal does not abort on success", async () => {
  let signal: AbortSignal | undefined;
  await using server = await serve((_request, call) => {
    signal = call.signal;
    return fine;
  });
  await server.call();
  await server.call();
  assert.equal(signal?.aborted, false);
});
