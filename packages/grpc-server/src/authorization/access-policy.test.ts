import assert from "node:assert/strict";
import { test } from "node:test";
import { EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import { bindService } from "../calls/servicer.js";
import { type AccessPolicy, parseAccessPolicy } from "./access-policy.js";

const echo = bindService(EchoService, echoServicer);

function allowed(policy: AccessPolicy, path: string): string[] {
  return [...parseAccessPolicy(policy).allowedPrincipals(path)];
}

test("prefers the entry of a method to that of its service, and that to the default", () => {
  const policy = { "a.B/C": ["subject:method"], "a.B": ["subject:service"], "*": ["subject:all"] };
  assert.deepEqual(allowed(policy, "/a.B/C"), ["subject:method"]);
  assert.deepEqual(allowed(policy, "/a.B/D"), ["subject:service"]);
  assert.deepEqual(allowed(policy, "/a.C/C"), ["subject:all"]);
});

test("allows no caller for a method with an empty entry", () => {
  assert.deepEqual(allowed({ "a.B/C": [], "a.B": ["subject:ada"] }, "/a.B/C"), []);
});

test("matches names exactly", () => {
  const policy = { "a.B": ["subject:ada"], "a.B/C": ["subject:ada"] };
  for (const path of ["/a.BC/C", "/a/C", "/a.b/C", "/A.B/C", "/x/a.B/C", "/a.B.C/D", "/constructor/C", "/toString"]) {
    assert.deepEqual(allowed(policy, path), [], path);
  }
});

test("ignores later changes of the policy object", () => {
  const principals = ["subject:ada"];
  const { allowedPrincipals } = parseAccessPolicy({ "a.B": principals });
  principals.push("subject:eve");
  assert.deepEqual([...allowedPrincipals("/a.B/C")], ["subject:ada"]);
});

test("reports every problem", () => {
  const policy = { "a.B": ["checkout", 7], "a.C": "subject:ada", "a.D": ["subject:ada"] };
  assert.throws(() => parseAccessPolicy(policy as unknown as AccessPolicy), {
    name: "TypeError",
    message:
      /^a\.B: invalid principal "checkout": must be .*\na\.B: invalid principal 7: .*\na\.C: must be a list of principals$/,
  });
});

for (const policy of [{}, new Map([["a.B", ["subject:ada"]]]), null, undefined, [], "a.B"]) {
  test(`rejects a policy without entries: ${String(policy)}`, () => {
    assert.throws(() => parseAccessPolicy(policy as AccessPolicy), TypeError);
  });
}

test("accepts a policy that names services and methods of the server", () => {
  const policy = { "testing.v1.Echo": [], "testing.v1.Echo/Unary": [], "testing.v1.Echo/BidiStream": [], "*": [] };
  parseAccessPolicy(policy).checkServices([echo]);
});

test("reports every service and method that the server does not serve", () => {
  const unknown = ["Echo", "/testing.v1.Echo/Unary", "testing.v1.Echo/unary", "testing.v1.Echo/*", "testing.v1.Echo/"];
  const policy = Object.fromEntries(["testing.v1.Echo", ...unknown].map((name) => [name, ["subject:ada"]]));
  assert.throws(() => parseAccessPolicy(policy).checkServices([echo]), {
    name: "TypeError",
    message: `the access policy names services or methods that are not served: ${unknown.join(", ")}`,
  });
});
