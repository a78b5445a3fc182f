import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAddress, parseAddress } from "./address.js";

const addresses = {
  "127.0.0.1:50051": { host: "127.0.0.1", port: 50_051 },
  "localhost:0": { host: "localhost", port: 0 },
  "[::1]:65535": { host: "::1", port: 65_535 },
  "[::]:50051": { host: "::", port: 50_051 },
  "unix:/run/hello.sock": { path: "/run/hello.sock" },
  "unix:hello.sock": { path: "hello.sock" },
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
  assert.deepEqual(parseAddress("unix:///run/hello.sock"), { path: "/run/hello.sock" });
});

const mistakes = {
  "": "is not an address; write",
  localhost: "is not an address; write",
  "50051": "is not an address; write",
  "localhost:": "is not an address; write",
  "localhost:http": "is not an address; write",
  "localhost:-1": "is not an address; write",
  "localhost:1.5": "is not an address; write",
  "::1:50051": "is not an address; write",
  "[::1]": "is not an address; write",
  "[localhost]:50051": "is not an address; write",
  "http://localhost:50051": "is not an address; write",
  "localhost:65536": "has a port above 65535",
  "unix:": "has no path",
};
for (const [text, mistake] of Object.entries(mistakes)) {
  test(`"${text}" is refused with what is wrong`, () => {
    assert.throws(
      () => parseAddress(text),
      (error: unknown) => {
        assert.ok(error instanceof TypeError);
        assert.ok(error.message.startsWith(`"${text}" ${mistake}`), error.message);
        return true;
      },
    );
  });
}
