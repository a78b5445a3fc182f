import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { planRpc } from "./rpc.js";
import { planService } from "./service.js";

const root = join(__dirname, "../../../..");

test("plans a service without writing files", () => {
  const { added, edited } = planService(root, { service: "Clock", rpc: "Tell", separate: false });
  assert.equal(added.length, 6);
  assert.equal(edited.length, 3);
  assert.deepEqual(planService(root, { service: "Clock", rpc: "Tell", separate: false }).added, added);
});

const clashes: readonly (readonly [string, string, string])[] = [
  ["Hello", "Tell", "packages/proto/protos/hello.proto already has a service Hello"],
  ["Echo", "Tell", "packages/testing/protos/echo.proto already has a service Echo"],
  [
    "Clock",
    "Hello",
    "packages/proto/protos/hello.proto already has a message HelloRequest: choose another name for the RPC",
  ],
];
for (const [service, rpc, message] of clashes) {
  test(`rejects the RPC ${rpc} of a new service ${service}`, () => {
    for (const separate of [false, true]) {
      assert.throws(() => planService(root, { service, rpc, separate }), { name: "GeneratorError", message });
    }
  });
}

test("rejects an RPC of a service that does not exist", () => {
  assert.throws(() => planRpc(root, { service: "Clock", rpc: "Ring", kind: "unary" }), {
    message: "no file in packages/proto/protos declares a service Clock",
  });
});

test("adds an RPC to a service that was not generated", () => {
  assert.deepEqual(planRpc(root, { service: "Hello", rpc: "Wave", kind: "bidi" }).edited, [
    "packages/proto/protos/hello.proto",
    "packages/proto/src/hello.ts",
    "packages/server/src/hello-servicer.ts",
    "packages/server/src/hello-servicer.test.ts",
    "packages/client/src/hello-client.ts",
    "packages/client/src/hello-client.test.ts",
  ]);
});
