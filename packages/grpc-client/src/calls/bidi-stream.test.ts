import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import { test } from "node:test";
import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { deferred } from "../../test/deferred.js";
import { EchoClient } from "../../test/echo-client.js";
import { requestSource, requestsOf } from "../../test/request-source.js";
import { serve } from "../../test/test-server.js";
import { ServiceClient } from "../service-client.js";

type Chat = ServerDuplexStream<EchoRequest, EchoResponse>;

const responseTo = (request: EchoRequest) => new EchoResponse().setValue(request.getValue());

/** Answers each request with its value. */
function echoEach(call: Chat): void {
  call.on("data", (request: EchoRequest) => call.write(responseTo(request)));
  call.on("end", () => call.end());
}

function serveChats(handler: (call: Chat) => void = echoEach) {
  const { bidiStream } = EchoService;
  return serve({ services: [[{ bidiStream }, { bidiStream: handler }]] });
}

/** Starts a server that never answers, and hands its first call to the test. */
async function serveNothing() {
  const arrived = deferred<Chat>();
  const server = await serveChats((call) => arrived.resolve(call));
  return Object.assign(server, { arrived: arrived.promise });
}

async function valuesOf(responses: AsyncIterable<EchoResponse>): Promise<string[]> {
  const values: string[] = [];
  for await (const response of responses) {
    values.push(response.getValue());
  }
  return values;
}

test("yields a response for each request as it arrives", async () => {
  await using server = await serveChats();
  await using client = new EchoClient(server.target);
  let answered = deferred();
  async function* generate() {
    for (const request of requestsOf("a", "b", "c")) {
      yield request;
      await answered.promise;
      answered = deferred();
    }
  }
  const values: string[] = [];
  for await (const response of client.chat(generate())) {
    values.push(response.getValue());
    answered.resolve();
  }
  assert.deepEqual(values, ["a", "b", "c"]);
  assert.deepEqual(await valuesOf(client.chat([])), []);
});

test("echoes a thousand messages in order", async () => {
  await using server = await serveChats();
  await using client = new EchoClient(server.target);
  const sent = Array.from({ length: 1_000 }, (_, index) => String(index));
  assert.deepEqual(await valuesOf(client.chat(requestsOf(...sent))), sent);
});

test("answers parallel next() calls in order", async () => {
  await using server = await serveChats();
  await using client = new EchoClient(server.target);
  const chat = client.chat(requestsOf("a", "b"));
  const results = await Promise.all([chat.next(), chat.next(), chat.next()]);
  assert.deepEqual(
    results.map(({ value }) => value?.getValue()),
    ["a", "b", undefined],
  );
});

test("leaving the loop cancels the call and returns the iterator", async () => {
  const cancelled = deferred();
  await using server = await serveChats((call) => {
    call.on("cancelled", cancelled.resolve);
    echoEach(call);
  });
  await using client = new EchoClient(server.target);
  const requests = requestSource({ limit: 2 });
  for await (const response of client.chat(requests)) {
    assert.equal(response.getValue(), "a");
    break;
  }
  await Promise.all([cancelled.promise, requests.returned]);
});

test("return() and close() end a stream during a pending next()", async () => {
  for (const leave of ["return", "close"] as const) {
    await using server = await serveNothing();
    await using client = new EchoClient(server.target);
    const requests = requestSource({ limit: 1 });
    const chat = client.chat(requests);
    const next = chat.next();
    const cancelled = once(await server.arrived, "cancelled");
    if (leave === "return") {
      void chat.return();
    } else {
      client.close();
    }
    assert.deepEqual(await next, { done: true, value: undefined });
    await Promise.all([cancelled, requests.returned]);
  }
});

test("an unread stream sends nothing and leaves the requests alone", async () => {
  await using server = await serveChats();
  await using client = new EchoClient(server.target);
  const requests = requestSource();
  await client.chat(requests).return();
  assert.equal(requests.count, 0);
});

test("an error in the requests cancels the call and is the cause", async () => {
  await using server = await serveChats();
  await using client = new EchoClient(server.target);
  const error = new Error("disk full");
  const answered = deferred();
  async function* generate() {
    yield* requestsOf("a");
    await answered.promise;
    throw error;
  }
  const chat = client.chat(generate());
  assert.equal((await chat.next()).value?.getValue(), "a");
  answered.resolve();
  await assert.rejects(chat.next(), { status: "CANCELLED", details: "the requests failed: disk full", cause: error });
  assert.deepEqual(await chat.next(), { done: true, value: undefined });
});

test("yields the responses before an error of the server, and returns the iterator", async () => {
  for (const responses of [0, 2]) {
    await using server = await serveChats((call) => {
      for (let index = 0; index < responses; index += 1) {
        call.write(new EchoResponse().setValue("a"));
      }
      call.emit("error", { code: status.ABORTED, details: "no more" });
    });
    await using client = new EchoClient(server.target);
    const requests = requestSource({ limit: 1 });
    const chat = client.chat(requests);
    for (let index = 0; index < responses; index += 1) {
      assert.equal((await chat.next()).value?.getValue(), "a");
    }
    await assert.rejects(chat.next(), { status: "ABORTED", details: "no more" });
    await requests.returned;
  }
});

test("fails with an error that the server sends after the last request", async () => {
  await using server = await serveChats((call) => {
    call.on("data", (request: EchoRequest) => call.write(responseTo(request)));
    call.on("end", () => call.emit("error", { code: status.DATA_LOSS, details: "one is missing" }));
  });
  await using client = new EchoClient(server.target);
  await assert.rejects(valuesOf(client.chat(requestsOf("a", "b"))), { status: "DATA_LOSS", details: "one is missing" });
});

test("ends when the server ends the stream, whatever requests remain", async () => {
  await using server = await serveChats((call) => {
    call.once("data", (request: EchoRequest) => {
      call.write(responseTo(request));
      call.end();
    });
  });
  await using client = new EchoClient(server.target);
  for (let again = 0; again < 50; again += 1) {
    const requests = requestSource({ payloadBytes: again % 2 === 0 ? 0 : 64 * 1024 });
    assert.deepEqual(await valuesOf(client.chat(requests)), ["a"]);
    await requests.returned;
  }
});

test("the signal cancels the call, returns the iterator and keeps no listener", async () => {
  await using server = await serveNothing();
  await using client = new EchoClient(server.target);
  const controller = new AbortController();
  const requests = requestSource({ limit: 1 });
  const next = client.chat(requests, { signal: controller.signal }).next();
  const rejected = assert.rejects(next, { status: "CANCELLED", cause: "enough" });
  const cancelled = once(await server.arrived, "cancelled");
  controller.abort("enough");
  await Promise.all([rejected, cancelled, requests.returned]);
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
});

test("the deadline holds for the whole stream and is sent to the server", async () => {
  let deadline = 0;
  await using server = await serveChats((call) => {
    deadline = Number(call.getDeadline());
    echoEach(call);
  });
  await using client = new EchoClient(server.target);
  await client.echo("World");
  const chat = client.chat(requestSource({ limit: 1 }), { timeoutMs: 500 });
  await chat.next();
  assert.ok(deadline <= Date.now() + 500, `${deadline - Date.now()} ms are left`);
  await assert.rejects(chat.next(), {
    status: "DEADLINE_EXCEEDED",
    details: /sent a message but did not end the call within 500 ms$/,
  });
});

test("without a timeout, the client's limits the first response alone", async () => {
  const arrived = deferred<Chat>();
  await using server = await serveChats((call) => {
    call.once("data", (request: EchoRequest) => call.write(responseTo(request)));
    arrived.resolve(call);
  });
  await using client = new EchoClient(server.target, { timeoutMs: 1_000 });
  const chat = client.chat(requestSource({ limit: 1 }));
  await chat.next();
  const call = await arrived.promise;
  assert.equal(call.getDeadline(), Number.POSITIVE_INFINITY);
  // The second call shows that the first outlived the limit.
  await assert.rejects(client.chat(requestSource({ limit: 0 })).next(), {
    status: "DEADLINE_EXCEEDED",
    details: "the server did not answer within 1000 ms",
  });
  call.end();
  assert.deepEqual(await chat.next(), { done: true, value: undefined });
});

test("the idle limit counts from the last message, and only while a response is waited for", async () => {
  await using server = await serveChats();
  await using client = new EchoClient(server.target, { timeoutMs: 60_000 });
  await client.echo("World");
  const chat = client.chat(requestSource({ limit: 1 }), { idleTimeoutMs: 300 });
  await chat.next();
  // Outlasts the idle limit.
  await assert.rejects(client.chat(requestSource({ limit: 0 }), { timeoutMs: 400 }).next());
  const start = performance.now();
  await assert.rejects(chat.next(), {
    status: "DEADLINE_EXCEEDED",
    details: "no message was sent or received for 300 ms",
  });
  assert.ok(performance.now() - start > 250, "the time before next() does not count");
});

test("asks for no more requests than the retry buffer and the server's window hold", async () => {
  await using server = await serveNothing();
  await using client = new EchoClient(server.target);
  const requests = requestSource({ payloadBytes: 64 * 1024 });
  const chat = client.chat(requests);
  const next = chat.next();
  await server.arrived;
  for (let again = 0; again < 50; again += 1) {
    await client.echo("World");
  }
  assert.ok(requests.count > 1 && requests.count < 100, `${requests.count} requests`);
  await chat.return();
  await next;
});

test("an unread response stream stops the server", async () => {
  let written = 0;
  await using server = await serveChats((call) => {
    const response = new EchoResponse().setPayload(new Uint8Array(64 * 1024));
    const write = () => {
      do {
        written += 1;
      } while (call.write(response));
    };
    call.on("drain", write);
    write();
  });
  await using client = new EchoClient(server.target);
  const chat = client.chat([]);
  await chat.next();
  for (let again = 0; again < 50; again += 1) {
    await client.echo("World");
  }
  assert.ok(written < 100, `${written} responses`);
  for (let index = 0; index < 100; index += 1) {
    await chat.next();
  }
  assert.ok(written >= 100);
  await chat.return();
});

test("sends the requests again if the first attempt fails before a response", async () => {
  let attempts = 0;
  await using server = await serveChats((call) => {
    attempts += 1;
    if (attempts === 1) {
      call.once("data", () => call.emit("error", { code: status.UNAVAILABLE, details: "busy" }));
    } else {
      echoEach(call);
    }
  });
  await using client = new EchoClient(server.target, { retry: { initialBackoffMs: 1 } });
  assert.deepEqual(await valuesOf(client.chat(requestsOf("a", "b"))), ["a", "b"]);
  assert.equal(attempts, 2);
});

test("applies the deadline and the cancellation of a parent", async () => {
  await using server = await serveNothing();
  await using client = new EchoClient(server.target);
  const controller = new AbortController();
  const parent = { signal: controller.signal, deadline: new Date(Date.now() + 10_000) };
  const rejected = assert.rejects(client.chat(requestSource({ limit: 1 }), { parent }).next(), {
    status: "CANCELLED",
    details: "the parent call was cancelled",
  });
  const call = await server.arrived;
  assert.ok(Number(call.getDeadline()) - Date.now() <= 10_000);
  const cancelled = once(call, "cancelled");
  controller.abort();
  await Promise.all([rejected, cancelled]);
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
});

test("rejects a method of another kind", async () => {
  class WrongClient extends ServiceClient {
    call() {
      return this.bidiStream(EchoService.clientStream, [new EchoRequest()]);
    }
  }
  await using client = new WrongClient("127.0.0.1:1");
  await assert.rejects(client.call().next(), {
    name: "TypeError",
    message: /ClientStream takes a stream and returns one message$/,
  });
});
