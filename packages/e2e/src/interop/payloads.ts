import assert from "node:assert/strict";
import { Payload, ResponseParameters, SimpleRequest, StreamingOutputCallRequest } from "./test-service.js";

/** Creates a payload of zeros. */
export function zeros(size: number): Payload {
  return new Payload().setBody(new Uint8Array(size));
}

/** Creates the request of the cases with a large request and a large response. */
export function largeRequest(): SimpleRequest {
  return new SimpleRequest().setResponseSize(314_159).setPayload(zeros(271_828));
}

/** Asserts that a response has a payload of zeros. */
export function assertZeros(response: { getPayload(): Payload | undefined }, size: number | undefined): void {
  const body = Buffer.from(response.getPayload()?.getBody_asU8() ?? []);
  assert.equal(body.length, size);
  assert.ok(body.every((byte) => byte === 0));
}

/** Creates a request for responses of the given sizes. */
export function outputRequest(size: number, ...responseSizes: readonly number[]): StreamingOutputCallRequest {
  const parameters = responseSizes.map((responseSize) => new ResponseParameters().setSize(responseSize));
  return new StreamingOutputCallRequest().setPayload(zeros(size)).setResponseParametersList(parameters);
}
