import assert from "node:assert/strict";
import { test } from "node:test";
import { type Outcome, run } from "@hello/testing/program";
import { buf } from "./buf.js";
import { createGreeter } from "./greeter.js";
import { listLoadedModules } from "./loaded-modules.js";
import { startServer } from "./server-process.js";

/** Runs `buf curl`, which reads the contract by server reflection. */
function bufCurl(...args: string[]): Promise<Outcome> {
  return run([process.execPath, buf, "curl", "--protocol", "grpc", ...args]);
}

for (const version of ["grpc-v1", "grpc-v1alpha"]) {
  test(`lets buf curl list services and methods and call them with JSON, over ${version}`, async () => {
    await using server = await startServer();
    const url = `http://${server.address}`;
    const print = async (...args: string[]) => {
      const { status, stdout, stderr } = await bufCurl("--reflect-protocol", version, ...args);
      assert.equal(status, 0, stderr);
      return stdout;
    };
    assert.equal(
      await print("--list-services", url),
      "Hello\ngrpc.health.v1.Health\ngrpc.reflection.v1.ServerReflection\ngrpc.reflection.v1alpha.ServerReflection\n",
    );
    assert.equal(
      await print("--list-methods", url),
      "Hello/Hello\ngrpc.health.v1.Health/Check\ngrpc.health.v1.Health/List\ngrpc.health.v1.Health/Watch\n" +
        "grpc.reflection.v1.ServerReflection/ServerReflectionInfo\n" +
        "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo\n",
    );
    assert.deepEqual(JSON.parse(await print("-d", '{"value":"世界"}', `${url}/Hello/Hello`)), { value: "Hello 世界" });
    assert.deepEqual(JSON.parse(await print("-d", '{"service":"Hello"}', `${url}/grpc.health.v1.Health/Check`)), {
      status: "SERVING",
    });
    assert.deepEqual(JSON.parse(await print("-d", "{}", `${url}/grpc.health.v1.Health/List`)), {
      statuses: { "": { status: "SERVING" }, Hello: { status: "SERVING" } },
    });
  });
}

test("lets buf curl reject JSON that does not match the contract", async () => {
  await using server = await startServer();
  const { status, stderr } = await bufCurl("-d", '{"name":"World"}', `http://${server.address}/Hello/Hello`);
  assert.notEqual(status, 0);
  assert.match(stderr, /unknown field "name"/);
});

test("does not serve reflection with --no-reflection", async () => {
  await using server = await startServer("--no-reflection");
  const { status, stderr } = await bufCurl("--list-services", `http://${server.address}`);
  assert.notEqual(status, 0);
  assert.match(stderr, /does not support.*reflection|unimplemented/i);
});

/** Module that decodes descriptors. It is as large as the rest of google-protobuf. */
const descriptors = /descriptor_pb\.js$/;

test("does not load the descriptor module for calls", async () => {
  const modules = await listLoadedModules({}, async (server) => {
    using greeter = createGreeter(server.address);
    assert.equal(await greeter.greet("World"), "Hello World");
  });
  assert.deepEqual(
    modules.filter((path) => descriptors.test(path)),
    [],
  );
});

test("loads the descriptor module when a client uses reflection", async () => {
  const modules = await listLoadedModules({}, async (server) => {
    assert.equal((await bufCurl("--list-services", `http://${server.address}`)).status, 0);
  });
  assert.ok(modules.some((path) => descriptors.test(path)));
});
