import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { Client, credentials, Server, ServerCredentials, type ServiceError, status } from "@grpc/grpc-js";
import { HelloRequest, HelloResponse, HelloService } from "@hello/proto";
import { pino } from "pino";
import { createAdmission } from "./admission.js";
import { addServicer } from "./servicer.js";
import { StatusError } from "./status-error.js";
import type { UnaryHandler } from "./unary.js";

const { hello } = HelloService;

/** Serves one handler on a real socket; `call` asks it, `log` holds what was logged. */
async function serve(handler: UnaryHandler<HelloRequest, HelloResponse>) {
  const log: Record<string, unknown>[] = [];
  const logger = pino({ level: "debug" }, { write: (line) => log.push(JSON.parse(line)) });
  const server = new Server();
  addServicer(server, HelloService, { hello: handler }, { logger, admission: createAdmission(1_000) });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  return {
    log,
    call: (timeoutMs = 5_000) =>
      new Promise<string>((resolve, reject) =>
        client.makeUnaryRequest(
          hello.path,
          hello.requestSerialize,
          hello.responseDeserialize,
          new HelloRequest().setValue("World"),
          { deadline: Date.now() + timeoutMs },
          (error, response) => (error ? reject(error) : resolve(response?.getValue() ?? "")),
        ),
      ),
    [Symbol.dispose]() {
      client.close();
      server.forceShutdown();
    },
  };
}

const internal = (error: ServiceError) => {
  assert.equal(error.code, status.INTERNAL);
  assert.doesNotMatch(error.details, /secret/);
  return true;
};

test("a rejected promise becomes INTERNAL with a fixed text, and its cause is logged once", async () => {
  using server = await serve(() => Promise.reject(new Error("secret")));
  await assert.rejects(server.call(), internal);
  const errors = server.log.filter(({ level }) => level === 50);
  assert.equal(errors.length, 1);
  assert.match(JSON.stringify(errors[0]), /secret.*unary\.test\.ts/);
});

test("a throw becomes INTERNAL, and the next call is answered", async () => {
  let calls = 0;
  using server = await serve(() => {
    if (calls++ === 0) {
      throw new Error("secret");
    }
    return new HelloResponse().setValue("fine");
  });
  await assert.rejects(server.call(), internal);
  assert.equal(await server.call(), "fine");
});

test("what is thrown need not be an error", async () => {
  using server = await serve(() => Promise.reject(undefined));
  await assert.rejects(server.call(), internal);
});

test("a StatusError goes out as its status", async () => {
  using server = await serve(() => Promise.reject(new StatusError(status.NOT_FOUND, "no \ud800 such name")));
  await assert.rejects(server.call(), { code: status.NOT_FOUND, details: "no \ufffd such name" });
});

test("a response of the wrong type becomes INTERNAL and is logged", async () => {
  using server = await serve(() => ({ value: "secret" }) as unknown as HelloResponse);
  await assert.rejects(server.call(), internal);
  assert.match(JSON.stringify(server.log), /Expected argument of type HelloResponse/);
});

test("the signal aborts when the deadline passes, with DEADLINE_EXCEEDED as its reason", async () => {
  const seen = new EventEmitter();
  const aborted = once(seen, "abort");
  using server = await serve(async (_request, { signal }) => {
    await once(signal, "abort");
    seen.emit("abort", signal.reason);
    throw signal.reason;
  });
  await assert.rejects(server.call(50), { code: status.DEADLINE_EXCEEDED });
  const [reason] = await aborted;
  assert.ok(reason instanceof StatusError);
  assert.equal(reason.code, status.DEADLINE_EXCEEDED);
});

test("the signal does not abort on success", async () => {
  let signal: AbortSignal | undefined;
  using server = await serve((_request, call) => {
    signal = call.signal;
    return new HelloResponse().setValue("fine");
  });
  await server.call();
  await server.call();
  assert.equal(signal?.aborted, false);
});
