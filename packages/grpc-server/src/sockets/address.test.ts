import assert from "node:assert/strict";
import { test } from "node:test";
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
  test(`${text} is read, and written again`, () => {
    assert.deepEqual(parseAddress(text), address);
    assert.equal(formatAddress(address), text);
  });
}

test("a port alone stands for every interface", () => {
  assert.deepEqual(parseAddress(":50051"), { host: "::", port: 50_051 });
});

test("unix:///path is unix:/path", () => {
  assert.deepEqual(parseAddress("unix:///run/echo.sock"), { path: "/run/echo.sock" });
});

const mistakes = {
  "": "write host:port",
  localhost: "write host:port",
  "50051": "write host:port",
  "localhost:": "write host:port",
  "localhost:http": "write host:port",
  "localhost:-1": "write host:port",
  "localhost:1.5": "write host:port",
  "::1:50051": "write host:port",
  "[::1]": "write host:port",
  "[localhost]:50051": "write host:port",
  "http://localhost:50051": "write host:port",
  "localhost:65536": "the port is above 65535",
  "unix:": "the path is missing",
};
for (const [text, mistake] of Object.entries(mistakes)) {
  test(`refuses "${text}" and says why`, () => {
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
