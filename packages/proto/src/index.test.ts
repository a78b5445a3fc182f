import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { test } from "node:test";
import { run } from "@hello/testing/program";
import * as source from "./index.js";

const names = Object.keys(source).sort();
const programs = {
  module: `import { ${names} } from "@hello/proto"; const all = { ${names} };`,
  commonjs: `const all = require("@hello/proto"); const { HelloRequest } = all;`,
};

for (const [type, program] of Object.entries(programs)) {
  test(`exports every name from the built package to a ${type} program`, async () => {
    const print = `console.log(JSON.stringify([Object.keys(all), new HelloRequest().setValue("Ada").getValue()]));`;
    const { status, stdout, stderr } = await run(
      [process.execPath, `--input-type=${type}`, "--eval", program + print],
      { cwd: join(__dirname, "..") },
    );
    assert.equal(status, 0, stderr);
    const [exported, name] = JSON.parse(stdout) as [string[], string];
    assert.deepEqual(exported.sort(), names);
    assert.equal(name, "Ada");
  });
}

test("attaches the path of the descriptors to a service without adding a method", () => {
  const path: unknown = Reflect.get(source.HelloService, Symbol.for("grpc.descriptorSet"));
  assert.ok(typeof path === "string" && isAbsolute(path));
  assert.ok(readFileSync(path).includes("HelloRequest"));
  assert.deepEqual(Reflect.ownKeys({ ...source.HelloService }), ["hello"]);
});
