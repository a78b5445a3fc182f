import assert from "node:assert/strict";
import { test } from "node:test";
import { EchoClient } from "../../test/echo-client.js";
import { fail, serve } from "../../test/test-server.js";
import { decodeStatusDetails } from "./decode-error-details.js";
import { RpcError } from "./rpc-error.js";

/** Encoding by protoc of a `google.rpc.Status` with one detail of each type. */
const encoded = Buffer.from(
  [
    "CAMSA2JhZBpQCil0eXBlLmdvb2dsZWFwaXMuY29tL2dvb2dsZS5ycGMuQmFkUmVxdWVzdBIjChYKBXZhbHVlEg1tdXN0IGJlIFVURi04CgkKB2dy",
    "w7bDn2UaWQoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLkVycm9ySW5mbxItCgxBUElfRElTQUJMRUQSDW90aGVyLmV4YW1wbGUaBgoB",
    "YRIBMRoGCgFiEgEyGjYKKHR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5SZXRyeUluZm8SCgoICAEQgMq17gEaNQoodHlwZS5nb29nbGVh",
    "cGlzLmNvbS9nb29nbGUucnBjLkRlYnVnSW5mbxIJCgFhCgFiEgFkGjcKK3R5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5RdW90YUZhaWx1",
    "cmUSCAoGCgFzEgFkGkMKMnR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5QcmVjb25kaXRpb25GYWlsdXJlEg0KCwoDVE9TEgFzGgFkGjQK",
    "KnR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5SZXF1ZXN0SW5mbxIGCgFyEgFzGjsKK3R5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJw",
    "Yy5SZXNvdXJjZUluZm8SDAoBdBIBbhoBbyIBZBpDCiN0eXBlLmdvb2dsZWFwaXMuY29tL2dvb2dsZS5ycGMuSGVscBIcChoKAWQSFWh0dHBzOi8v",
    "b3RoZXIuZXhhbXBsZRo9Ci90eXBlLmdvb2dsZWFwaXMuY29tL2dvb2dsZS5ycGMuTG9jYWxpemVkTWVzc2FnZRIKCgJkZRIEbmVpbholCh90eXBl",
    "Lmdvb2dsZWFwaXMuY29tL2FjbWUuUmVhc29uEgIBAg==",
  ].join(""),
  "base64",
);

const decoded = [
  {
    type: "google.rpc.BadRequest",
    fieldViolations: [
      { field: "value", description: "must be UTF-8", reason: "" },
      { field: "größe", description: "", reason: "" },
    ],
  },
  { type: "google.rpc.ErrorInfo", reason: "API_DISABLED", domain: "other.example", metadata: { a: "1", b: "2" } },
  { type: "google.rpc.RetryInfo", retryDelayMs: 1_500 },
  { type: "google.rpc.DebugInfo", stackEntries: ["a", "b"], detail: "d" },
  { type: "google.rpc.QuotaFailure", violations: [{ subject: "s", description: "d" }] },
  { type: "google.rpc.PreconditionFailure", violations: [{ type: "TOS", subject: "s", description: "d" }] },
  { type: "google.rpc.RequestInfo", requestId: "r", servingData: "s" },
  { type: "google.rpc.ResourceInfo", resourceType: "t", resourceName: "n", owner: "o", description: "d" },
  { type: "google.rpc.Help", links: [{ description: "d", url: "https://other.example" }] },
  { type: "google.rpc.LocalizedMessage", locale: "de", message: "nein" },
  { type: "unknown", typeUrl: "type.googleapis.com/acme.Reason", value: new Uint8Array([1, 2]) },
];

test("decodes the details that a server sends", async () => {
  await using server = await serve({ handler: fail(3, "bad", { "grpc-status-details-bin": encoded }) });
  await using client = new EchoClient(server.target);
  const error = await client.echo("World").catch((error: unknown) => error);
  assert.ok(error instanceof RpcError);
  assert.deepEqual(error.errorDetails, decoded);
  assert.equal(error.metadata["grpc-status-details-bin"], undefined);
  const violations = error.errorDetails.find((detail) => detail.type === "google.rpc.BadRequest")?.fieldViolations;
  assert.equal(violations?.[0]?.field, "value");
});

test("keeps the status if its details are malformed", async () => {
  await using server = await serve({ handler: fail(3, "bad", { "grpc-status-details-bin": Buffer.from([26, 255]) }) });
  await using client = new EchoClient(server.target);
  await assert.rejects(client.echo("World"), { status: "INVALID_ARGUMENT", details: "bad", errorDetails: [] });
});

test("returns a malformed detail undecoded, and decodes the others", () => {
  // Increases the length of a field, so that it extends beyond the BadRequest in the first Any.
  const malformed = Buffer.from(encoded);
  const lengthOffset = malformed.indexOf("must be UTF-8") - 1;
  malformed[lengthOffset] = 0x7f;
  const [first, second] = decodeStatusDetails(malformed);
  assert.equal(first?.type, "unknown");
  assert.deepEqual(second, decoded[1]);
});

test("ignores details with a wrong wire type", () => {
  // Field 3 of google.rpc.Status as a varint and as 32 bits.
  assert.deepEqual(decodeStatusDetails(Buffer.from([0x18, 1])), []);
  assert.deepEqual(decodeStatusDetails(Buffer.from([0x1d, 1, 2, 3, 4])), []);
});

test("never throws for truncated or corrupted bytes", () => {
  for (let length = 0; length < encoded.length; length += 1) {
    decodeStatusDetails(encoded.subarray(0, length));
    const corrupted = Buffer.from(encoded);
    corrupted[length] = 0xff;
    decodeStatusDetails(corrupted);
  }
});

test("does not let the metadata of an ErrorInfo set a prototype", () => {
  const entry = Buffer.concat([Buffer.from([10, 9]), Buffer.from("__proto__"), Buffer.from([18, 1]), Buffer.from("x")]);
  const info = Buffer.concat([Buffer.from([26, entry.length]), entry]);
  const url = Buffer.from("t/google.rpc.ErrorInfo");
  const any = Buffer.concat([Buffer.from([10, url.length]), url, Buffer.from([18, info.length]), info]);
  const [detail] = decodeStatusDetails(Buffer.concat([Buffer.from([26, any.length]), any]));
  assert.ok(detail?.type === "google.rpc.ErrorInfo");
  assert.equal(Object.getPrototypeOf(detail.metadata), Object.prototype);
  assert.deepEqual(Object.keys(detail.metadata), []);
});
