import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { Server, ServerInterceptingCall, type ServerOptions, type ServiceError, status } from "@grpc/grpc-js";
import { HelloRequest, HelloResponse, HelloService } from "@hello/proto";
import { callUnary, type UnaryCallOptions } from "@hello/testing/call-unary";
import { bindWithClient } from "@hello/testing/grpc-server";
import { type Logger, pino } from "pino";
import { createAdmission } from "./admission.js";
import { addServicer } from "./servicer.js";
import { StatusError } from "./status-error.js";
import type { UnaryHandler } from "./unary.js";

const errorLevel = 50;

type Handler = UnaryHandler<HelloRequest, HelloResponse>;

interface ServeOptions extends ServerOptions {
  /** Where log lines go, other than `log`. */
  readonly write?: (line: string) => void;
}

/** Serves one handler on a real socket; `call` asks it, `log` holds what was logged. */
async function serve(handler: Handler, { write, ...options }: ServeOptions = {}) {
  const log: Record<string, unknown>[] = [];
  const logger: Logger = pino({ level: "debug" }, { write: write ?? ((line) => log.push(JSON.parse(line))) });
  const server = new Server(options);
  addServicer(server, HelloService, { hello: handler }, { logger, admission: createAdmission(1_000) });
  const { client, [Symbol.dispose]: dispose } = await bindWithClient(server);
  return {
    log,
    errors: () => log.filter(({ level }) => Number(level) >= errorLevel),
    async call(options?: UnaryCallOptions): Promise<string> {
      return (await callUnary(client, HelloService.hello, new HelloRequest().setValue("World"), options)).getValue();
    },
    [Symbol.dispose]: dispose,
  };
}

const fine = new HelloResponse().setValue("fine");

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
  "a throw": [thrower(new Error("secret")), /secret.*unary\.test\.ts/],
  "a rejection": [() => Promise.reject(new Error("secret")), /secret.*unary\.test\.ts/],
  "a rejection with a cause": [
    () => Promise.reject(new Error("outer", { cause: new TypeError("secret") })),
    /outer.*unary\.test\.ts.*TypeError: secret.*unary\.test\.ts/,
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
    () => ({ value: "secret" }) as unknown as HelloResponse,
    /Expected argument of type HelloResponse/,
  ],
  "no response": [() => undefined as unknown as HelloResponse, /Expected argument of type HelloResponse/],
};

for (const [what, [handler, logged]] of Object.entries(failures)) {
  test(`${what} becomes INTERNAL with a fixed text and one line in the log, and the next call is answered`, async () => {
    using server = await serve(firstly(handler));
    await assert.rejects(server.call(), internal);
    assert.equal(await server.call(), "fine");
    assert.equal(server.log.length, 1);
    assert.equal(server.errors().length, 1);
    assert.match(JSON.stringify(server.log[0]), logged);
    assert.match(JSON.stringify(server.log[0]), /"method":"\/Hello\/Hello"/);
  });
}

test("of a promise that is settled twice the first word counts", async () => {
  using server = await serve(
    () =>
      new Promise((resolve, reject) => {
        resolve(fine);
        resolve(new HelloResponse().setValue("second"));
        reject(new Error("secret"));
      }),
  );
  assert.equal(await server.call(), "fine");
  assert.deepEqual(server.log, []);
});

test("who is never answered is told at the deadline", async () => {
  using server = await serve(firstly(() => new Promise(() => undefined)));
  await assert.rejects(server.call({ timeoutMs: 50 }), { code: status.DEADLINE_EXCEEDED });
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

test("an answer after the cancellation goes nowhere", async () => {
  using server = await serveCancelled(() => fine);
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
    using server = await serveCancelled(handler);
    assert.equal(await server.call(), "fine");
    assert.deepEqual(server.errors(), []);
  });
}

test("another error is one in the log though the client has cancelled", async () => {
  using server = await serveCancelled(thrower(new TypeError("secret")));
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
  using server = await serve(() => fine, { interceptors: [(_method, call) => new BrokenCall(call)] });
  await assert.rejects(server.call(), internal);
  assert.equal(server.errors().length, 1);
  assert.match(JSON.stringify(server.log), /secret/);
});

test("a log that cannot be written does not change the answer", async () => {
  using server = await serve(firstly(thrower(new Error("secret"))), { write: thrower(new Error("disk full")) });
  await assert.rejects(server.call(), internal);
  assert.equal(await server.call(), "fine");
});

test("the signal aborts when the deadline passes, with DEADLINE_EXCEEDED as its reason", async () => {
  const seen = new EventEmitter();
  const aborted = once(seen, "abort");
  using server = await serve(async (_request, { signal }) => {
    await once(signal, "abort");
    seen.emit("abort", signal.reason);
    throw signal.reason;
  });
  await assert.rejects(server.call({ timeoutMs: 50 }), { code: status.DEADLINE_EXCEEDED });
  const [reason] = await aborted;
  assert.ok(reason instanceof StatusError);
  assert.equal(reason.code, status.DEADLINE_EXCEEDED);
});

test("the signal aborts when the client cancels, with CANCELLED as its reason", async () => {
  let reason: unknown;
  using server = await serveCancelled((_request, { signal }) => {
    reason = signal.reason;
    return fine;
  });
  assert.ok(reason instanceof StatusError);
  assert.equal(reason.code, status.CANCELLED);
  assert.equal(await server.call(), "fine");
});

test("the signal does not abort on success", async () => {
  let signal: AbortSignal | undefined;
  using server = await serve((_request, call) => {
    signal = call.signal;
    return fine;
  });
  await server.call();
  await server.call();
  assert.equal(signal?.aborted, false);
});
