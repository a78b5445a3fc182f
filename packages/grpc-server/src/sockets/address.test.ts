import assert from "node:assert/strict";
import { test } from "node:test";
import { invalidAddresses } from "@hello/testing/invalid-addresses";
import { formatAddress, parseAddress } from "./address.js";

const addresses = {
  "127.0.0.1:50051": { host: "127.0.0.1", port: 50_051 },
  "localhost:0": { host: "localhost", port: 0 },
  "[::1]:65535": { host: "::1", port: 65_535 },
  "[::]:50051": { host: "::", port: 50_051 },
  "unix:/run/echo.sock": { path: "/run/echo.sock" },
  "unix:echo.sock": { path: "echo.sock" },
};
for (const [text, address] of Object.entries(addresses)) {
  test(`parses and formats ${text}`, () => {
    assert.deepEqual(parseAddress(text), address);
    assert.equal(formatAddress(address), text);
  });
}

test("parses a port alone as all interfaces", () => {
  assert.deepEqual(parseAddress(":50051"), { host: "::", port: 50_051 });
});

test("parses unix:///path as unix:/path", () => {
  assert.deepEqual(parseAddress("unix:///run/echo.sock"), { path: "/run/echo.sock" });
});

for (const [text, mistake] of Object.entries(invalidAddresses)) {
  test(`rejects "${text}": ${mistake}`, () => {
    assert.throws(
      () => parseAddress(text),
      (error: unknown) => {
        assert.ok(error instanceof TypeError);
        assert.ok(error.message.startsWith(`invalid address "${text}": ${mistake}`), error.message);
        return true;
      },
    );
  });
}
