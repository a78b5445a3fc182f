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

/** Server whose sent bytes are counted. */
export interface MeasuredServer {
  /** Creates a client, which is closed with the server. */
  createClient(options?: ClientOptions): InteropClient;
  /** Number of bytes that the server has sent. */
  readonly sentBytes: number;
}

/** Limit for the size of a compressed message of zeros. */
const compressedBytes = 10_000;

/**
 * Standard cases with compression. The size on the wire shows whether a response was compressed, because grpc-js does not
 * report it to clients.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md
 */
export const compressionCases: Readonly<Record<string, (server: MeasuredServer) => Promise<void>>> = {
  async client_compressed_unary(server) {
    const request = (compressed: boolean) => largeRequest().setExpectCompressed(new BoolValue().setValue(compressed));
    await assert.rejects(server.createClient().unaryCall(request(true)), { status: "INVALID_ARGUMENT" });
    assertZeros(await server.createClient({ compression: "gzip" }).unaryCall(request(true)), 314_159);
    assertZeros(await server.createClient().unaryCall(request(false)), 314_159);
  },

  async client_compressed_streaming(server) {
    const request = (size: number, compressed: boolean) =>
      new StreamingInputCallRequest().setPayload(zeros(size)).setExpectCompressed(new BoolValue().setValue(compressed));
    const first = request(27_182, true);
    await assert.rejects(server.createClient().streamingInputCall([first]), { status: "INVALID_ARGUMENT" });
    const requests = [first, request(45_904, false)];
    const response = await server.createClient({ compression: "gzip" }).streamingInputCall(requests);
    assert.equal(response.getAggregatedPayloadSize(), 73_086);
  },

  async server_compressed_unary(server) {
    for (const compressed of [true, false]) {
      const before = server.sentBytes;
      const request = largeRequest().setResponseCompressed(new BoolValue().setValue(compressed));
      assertZeros(await server.createClient().unaryCall(request), 314_159);
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
    for await (const response of server.createClient().streamingOutputCall(request)) {
      assertZeros(response, sizes[index++]);
    }
    assert.equal(index, sizes.length);
    assertCompressed(server.sentBytes - before, 92_653);
  },
};

/** Asserts that a server sent this many bytes uncompressed and the others compressed. */
export function assertCompressed(sentBytes: number, uncompressed: number): void {
  assert.ok(sentBytes >= uncompressed && sentBytes < uncompressed + compressedBytes, `${sentBytes} bytes were sent`);
}
