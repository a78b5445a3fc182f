import assert from "node:assert/strict";
import { test } from "node:test";
import { Metadata, status } from "@grpc/grpc-js";
import { readBearerToken } from "./bearer-token.js";

function metadataWith(...values: string[]): Metadata {
  const metadata = new Metadata();
  for (const value of values) {
    metadata.add("authorization", value);
  }
  return metadata;
}

test("returns the token for a scheme in any case", () => {
  for (const scheme of ["Bearer", "bearer", "BEARER", "Bearer  "]) {
    assert.equal(readBearerToken(metadataWith(`${scheme} aA0-._~+/==`)), "aA0-._~+/==");
  }
});

test("returns undefined without authorization", () => {
  assert.equal(readBearerToken(new Metadata()), undefined);
});

for (const values of [
  ["Bearer a", "Bearer a"],
  ["Bearer a, Bearer b"],
  ["Bearer a b"],
  ["Bearer a=b"],
  ["Bearer"],
  ["Bearer "],
  ["Bearera"],
  ["Bearer\ta"],
  ["Basic YTpi"],
  ["a"],
  [""],
  ["Bearer a\n"],
  ["Bearer é"],
]) {
  test(`rejects authorization that is not exactly one bearer token: ${JSON.stringify(values)}`, () => {
    const metadata = { get: () => values } as unknown as Metadata;
    assert.throws(() => readBearerToken(metadata), { code: status.UNAUTHENTICATED, details: "invalid token" });
  });
}
