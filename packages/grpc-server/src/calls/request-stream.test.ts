import assert from "node:assert/strict";
import { once } from "node:events";
import { constants } from "node:http2";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { EchoService } from "@hello/testing/echo";
import { callHeaders, endHeaders, frame, message, uint32 } from "@hello/testing/http2-frames";
import { connectReady } from "@hello/testing/raw-http2";
import { deferred, readAll, requestOf, responseOf, serveStreams } from "../../test/streaming-client.js";
import { RequestStream } from "./request-stream.js";
import { StatusError } from "./status-error.js";

test("clientStream: answers after the handler stops reading early", async (t) => {
  const server = await serveStreams(t, {
    async clientStream(requests) {
      for await (const request of requests) {
        return responseOf(request.getValue());
      }
      return responseOf("none");
    },
  });
  const { call, outcome } = server.clientStream();
  call.write(requestOf("first"));
  call.write(requestOf("second"));
  const { code, values } = await outcome;
  assert.deepEqual([code, values], [status.OK, ["first"]]);
});

test("bidiStream: sends more responses after the handler stops reading early", async (t) => {
  const server = await serveStreams(t, {
    async *bidiStream(requests) {
      for await (const request of requests) {
        yield responseOf(request.getValue());
        break;
      }
      yield responseOf("more");
    },
  });
  const call = server.bidiStream();
  call.write(requestOf("first"));
  call.write(requestOf("second"));
  const { code, values } = await readAll(call);
  assert.deepEqual([code, values], [status.OK, ["first", "more"]]);
});

test("answers when the handler reads no request", async (t) => {
  const server = await serveStreams(t, {
    clientStream: () => responseOf("early"),
    async *bidiStream() {
      yield responseOf("early");
    },
  });
  const { call, outcome } = server.clientStream();
  call.write(requestOf("unread"));
  assert.deepEqual((await outcome).values, ["early"]);
  const bidi = server.bidiStream();
  bidi.write(requestOf("unread"));
  const { code, values } = await readAll(bidi);
  assert.deepEqual([code, values], [status.OK, ["early"]]);
  assert.deepEqual(server.log.lines, []);
});

test("ends the requests of an answered call even if the client does not", async (t) => {
  const ended = deferred();
  const server = await serveStreams(t, {
    async *bidiStream(requests) {
      const readToEnd = async () => {
        for await (const _ of requests) {
          // Discards the requests.
        }
        ended.resolve();
      };
      readToEnd();
      yield responseOf("a");
    },
  });
  using connection = await connectReady(server.address);
  const headers = callHeaders(EchoService.bidiStream.path);
  connection.send(frame("HEADERS", { flags: endHeaders, streamId: 1, payload: headers }));
  await ended.promise;
  assert.equal(connection.socket.destroyed, false);
});

test("rejects the pending read when the client resets the call", async (t) => {
  const received = deferred();
  const rejected = deferred();
  let error: unknown;
  const server = await serveStreams(t, {
    async clientStream(requests) {
      try {
        for await (const _ of requests) {
          received.resolve();
        }
      } catch (caught) {
        error = caught;
        rejected.resolve();
        throw caught;
      }
      return responseOf("");
    },
  });
  // Not a grpc-js client, which ends its requests before the reset.
  using connection = await connectReady(server.address);
  connection.send(
    frame("HEADERS", { flags: endHeaders, streamId: 1, payload: callHeaders(EchoService.clientStream.path) }),
    frame("DATA", { streamId: 1, payload: message(requestOf("a").serializeBinary()) }),
  );
  await received.promise;
  connection.send(frame("RST_STREAM", { streamId: 1, payload: uint32(constants.NGHTTP2_CANCEL) }));
  await rejected.promise;
  assert.ok(error instanceof StatusError);
  assert.equal(error.code, status.CANCELLED);
  assert.deepEqual(server.log.lines, []);
});

test("echoes 1,000 messages in order", async (t) => {
  const server = await serveStreams(t);
  const call = server.bidiStream();
  const sent = Array.from({ length: 1_000 }, (_, index) => `message ${index}`);
  const outcome = readAll(call);
  for (const value of sent) {
    if (!call.write(requestOf(value))) {
      await once(call, "drain");
    }
  }
  call.end();
  const { code, values } = await outcome;
  assert.equal(code, status.OK);
  assert.deepEqual(values, sent);
});

test("resolves two concurrent reads with the next two requests, in order", async () => {
  let reads = 0;
  const requests = new RequestStream<string>(() => reads++);
  const both = Promise.all([requests.next(), requests.next()]);
  assert.equal(reads, 1);
  requests.push("a");
  assert.equal(reads, 2);
  requests.push("b");
  assert.deepEqual(
    (await both).map(({ value }) => value),
    ["a", "b"],
  );
});

test("rejects only the first of two pending reads when the stream fails", async () => {
  const requests = new RequestStream<string>(() => {});
  const outcomes = Promise.allSettled([requests.next(), requests.next()]);
  const reason = new Error("cancelled");
  requests.end(reason);
  assert.deepEqual(await outcomes, [
    { status: "rejected", reason },
    { status: "fulfilled", value: { done: true, value: undefined } },
  ]);
  assert.deepEqual(await requests.next(), { done: true, value: undefined });
});

test("ends reads after return() and reads no more requests", async () => {
  let reads = 0;
  const requests = new RequestStream<string>(() => reads++);
  const pending = requests.next();
  await requests.return();
  assert.deepEqual(await Promise.all([pending, requests.next()]), [
    { done: true, value: undefined },
    { done: true, value: undefined },
  ]);
  assert.equal(reads, 1);
});
