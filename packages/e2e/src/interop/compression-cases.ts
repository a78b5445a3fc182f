import assert from "node:assert/strict";
import type { ClientOptions } from "@hello/grpc-client";
import type { InteropClient } from "./interop-client.js";
import { assertZeros, largeRequest, zeros } from "./payloads.js";
import {
  BoolValue,
  ResponseParameters,
  StreamingInputCallRequest,
  StreamingOutputCallRequest,
} from "./test-service.js";

/** Server, for cases that compare requests with and without compression, or measure responses. */
export interface MeasuredServer {
  /** Creates a client, which is closed with the server. */
  client(options?: ClientOptions): InteropClient;
  /** Number of bytes that the server has sent. */
  readonly sentBytes: number;
}

/** Largest size of a compressed message here: zeros compress well. */
const compressedBytes = 10_000;

/**
 * Standard cases with compression. Clients of grpc-js do not know whether a response was compressed, so the size on the
 * wire tells.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md
 */
export const compressionCases: Readonly<Record<string, (server: MeasuredServer) => Promise<void>>> = {
  async client_compressed_unary(server) {
    const request = (compressed: boolean) => largeRequest().setExpectCompressed(new BoolValue().setValue(compressed));
    await assert.rejects(server.client().unaryCall(request(true)), { status: "INVALID_ARGUMENT" });
    assertZeros(await server.client({ compression: "gzip" }).unaryCall(request(true)), 314_159);
    assertZeros(await server.client().unaryCall(request(false)), 314_159);
  },

  async client_compressed_streaming(server) {
    const request = (size: number, compressed: boolean) =>
      new StreamingInputCallRequest().setPayload(zeros(size)).setExpectCompressed(new BoolValue().setValue(compressed));
    const first = request(27_182, true);
    await assert.rejects(server.client().streamingInputCall([first]), { status: "INVALID_ARGUMENT" });
    const requests = [first, request(45_904, false)];
    const response = await server.client({ compression: "gzip" }).streamingInputCall(requests);
    assert.equal(response.getAggregatedPayloadSize(), 73_086);
  },

  async server_compressed_unary(server) {
    for (const compressed of [true, false]) {
      const before = server.sentBytes;
      const request = largeRequest().setResponseCompressed(new BoolValue().setValue(compressed));
      assertZeros(await server.client().unaryCall(request), 314_159);
      assertCompressed(server.sentBytes - before, compressed ? 0 : 314_159);
    }
  },

  async server_compressed_streaming(server) {
    const sizes = [31_415, 92_653];
    const parameters = sizes.map((size, index) =>
      new ResponseParameters().setSize(size).setCompressed(new BoolValue().setValue(index === 0)),
    );
    const request = new StreamingOutputCallRequest().setResponseParametersList(parameters);
    const before = server.sentBytes;
    let index = 0;
    for await (const response of server.client().streamingOutputCall(request)) {
      assertZeros(response, sizes[index++]);
    }
    assert.equal(index, sizes.length);
    assertCompressed(server.sentBytes - before, 92_653);
  },
};

/** Asserts that all but a number of bytes were compressed. */
export function assertCompressed(sentBytes: number, uncompressed: number): void {
  assert.ok(sentBytes >= uncompressed && sentBytes < uncompressed + compressedBytes, `${sentBytes} bytes were sent`);
}
