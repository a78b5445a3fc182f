import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { echoRequest, serveChats, valuesOf } from "../../test/chat-server.js";
import { deferred } from "../../test/deferred.js";
import { EchoClient } from "../../test/echo-client.js";
import { requestSource, requestsOf } from "../../test/request-source.js";
import { ServiceClient } from "../service-client.js";

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

test("resolves parallel next() calls in order", async () => {
  await using server = await serveChats();
  await using client = new EchoClient(server.target);
  const chat = client.chat(requestsOf("a", "b"));
  const results = await Promise.all([chat.next(), chat.next(), chat.next()]);
  assert.deepEqual(
    results.map(({ value }) => value?.getValue()),
    ["a", "b", undefined],
  );
});

test("neither starts the call nor reads the requests before the first next()", async () => {
  await using server = await serveChats();
  await using client = new EchoClient(server.target);
  const requests = requestSource();
  await client.chat(requests).return();
  assert.equal(requests.count, 0);
});

for (const responses of [0, 2]) {
  test(`yields ${responses} responses before an error of the server, and closes the request iterator`, async () => {
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
  });
}

test("fails with an error that the server sends after the last request", async () => {
  await using server = await serveChats((call) => {
    call.on("data", (request: EchoRequest) => echoRequest(call, request));
    call.on("end", () => call.emit("error", { code: status.DATA_LOSS, details: "one is missing" }));
  });
  await using client = new EchoClient(server.target);
  await assert.rejects(valuesOf(client.chat(requestsOf("a", "b"))), { status: "DATA_LOSS", details: "one is missing" });
});

test("ends when the server ends the stream while requests remain", async () => {
  await using server = await serveChats((call) => {
    call.once("data", (request: EchoRequest) => {
      echoRequest(call, request);
      call.end();
    });
  });
  await using client = new EchoClient(server.target);
  for (let round = 0; round < 50; round += 1) {
    const requests = requestSource({ payloadBytes: round % 2 === 0 ? 0 : 64 * 1024 });
    assert.deepEqual(await valuesOf(client.chat(requests)), ["a"]);
    await requests.returned;
  }
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
    message: /ClientStream takes a stream of requests and returns one response: call it with clientStream\(\)$/,
  });
});
