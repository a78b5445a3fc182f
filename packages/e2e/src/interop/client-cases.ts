import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import type { ReceivedMetadata } from "@hello/grpc-client";
import type { InteropClient } from "./interop-client.js";
import { assertZeros, largeRequest, outputRequest, zeros } from "./payloads.js";
import {
  EchoStatus,
  Empty,
  echoInitialKey,
  echoTrailingKey,
  SimpleRequest,
  StreamingInputCallRequest,
  StreamingOutputCallRequest,
} from "./test-service.js";

type Exchange = readonly [requestSize: number, responseSize: number];

const exchanges: readonly [Exchange, ...Exchange[]] = [
  [27_182, 31_415],
  [8, 9],
  [1_828, 2_653],
  [45_904, 58_979],
];

/**
 * Standard cases without compression. Each makes calls and asserts their results.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md
 */
export const clientCases: Readonly<Record<string, (client: InteropClient) => Promise<void>>> = {
  async empty_unary(client) {
    assert.ok((await client.emptyCall(new Empty())) instanceof Empty);
  },

  async large_unary(client) {
    assertZeros(await client.unaryCall(largeRequest()), 314_159);
  },

  async client_streaming(client) {
    const requests = exchanges.map(([size]) => new StreamingInputCallRequest().setPayload(zeros(size)));
    const response = await client.streamingInputCall(requests);
    assert.equal(response.getAggregatedPayloadSize(), 74_922);
  },

  async server_streaming(client) {
    const sizes = exchanges.map(([, size]) => size);
    let index = 0;
    for await (const response of client.streamingOutputCall(outputRequest(0, ...sizes))) {
      assertZeros(response, sizes[index++]);
    }
    assert.equal(index, sizes.length);
  },

  async ping_pong(client) {
    const requests = new PassThrough({ objectMode: true });
    let index = 0;
    const sendNext = () => {
      const next = exchanges[index];
      return next ? requests.write(outputRequest(...next)) : requests.end();
    };
    sendNext();
    for await (const response of client.fullDuplexCall(requests)) {
      assertZeros(response, exchanges[index++]?.[1]);
      sendNext();
    }
    assert.equal(index, exchanges.length);
  },

  async empty_stream(client) {
    for await (const _response of client.fullDuplexCall([])) {
      assert.fail("the server sent a response");
    }
  },

  async cancel_after_begin(client) {
    const cancellation = new AbortController();
    const response = client.streamingInputCall(new PassThrough({ objectMode: true }), { signal: cancellation.signal });
    cancellation.abort();
    await assert.rejects(response, { status: "CANCELLED" });
  },

  async cancel_after_first_response(client) {
    const cancellation = new AbortController();
    const requests = new PassThrough({ objectMode: true });
    requests.write(outputRequest(...exchanges[0]));
    let received = 0;
    const read = async () => {
      for await (const response of client.fullDuplexCall(requests, { signal: cancellation.signal })) {
        assertZeros(response, exchanges[0][1]);
        received++;
        cancellation.abort();
      }
    };
    await assert.rejects(read(), { status: "CANCELLED" });
    assert.equal(received, 1);
  },

  async timeout_on_sleeping_server(client) {
    const requests = new PassThrough({ objectMode: true });
    requests.write(outputRequest(27_182));
    await assert.rejects(client.fullDuplexCall(requests, { timeoutMs: 1 }).next(), { status: "DEADLINE_EXCEEDED" });
  },

  async unimplemented_method(client) {
    await assert.rejects(client.unimplementedMethod(new Empty()), { status: "UNIMPLEMENTED" });
  },

  async unimplemented_service(client) {
    await assert.rejects(client.unimplementedService(new Empty()), { status: "UNIMPLEMENTED" });
  },

  async status_code_and_message(client) {
    const status = new EchoStatus().setCode(2).setMessage("test status message");
    const expected = { status: "UNKNOWN", details: "test status message" };
    await assert.rejects(client.unaryCall(new SimpleRequest().setResponseStatus(status)), expected);
    const request = new StreamingOutputCallRequest().setResponseStatus(status);
    await assert.rejects(client.fullDuplexCall([request]).next(), expected);
  },

  async special_status_message(client) {
    const message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
    const status = new EchoStatus().setCode(2).setMessage(message);
    await assert.rejects(client.unaryCall(new SimpleRequest().setResponseStatus(status)), {
      status: "UNKNOWN",
      details: message,
    });
  },

  async custom_metadata(client) {
    const bytes = Buffer.of(0xab, 0xab, 0xab);
    const received: [ReceivedMetadata, ReceivedMetadata][] = [];
    const options = () => {
      let before: ReceivedMetadata = {};
      return {
        metadata: { [echoInitialKey]: "test_initial_metadata_value", [echoTrailingKey]: bytes },
        onMetadata: (metadata: ReceivedMetadata) => {
          before = metadata;
        },
        onTrailers: (trailers: ReceivedMetadata) => void received.push([before, trailers]),
      };
    };
    assertZeros(await client.unaryCall(largeRequest(), options()), 314_159);
    for await (const response of client.fullDuplexCall([outputRequest(271_828, 314_159)], options())) {
      assertZeros(response, 314_159);
    }
    assert.equal(received.length, 2);
    for (const [metadata, trailers] of received) {
      assert.deepEqual(metadata[echoInitialKey], ["test_initial_metadata_value"]);
      assert.deepEqual(trailers[echoTrailingKey], [bytes]);
    }
  },
};
