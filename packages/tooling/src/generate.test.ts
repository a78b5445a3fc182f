import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { standInCompiler, startMirror } from "../test/compiler-mirror.js";
import { copyPackage, type PackageCopy } from "../test/package-copy.js";

const whatToDo = /\nRun "pnpm generate" and commit gen\/ and gen\.sha256, or undo the change with git\.\n$/;
// Windows runs no script in the place of protoc.exe.
const skip = process.platform === "win32" && "the compiler's stand-in is a script";

/** Reads gen/ and its record. */
function state(copy: PackageCopy): Record<string, string> {
  const files = readdirSync(copy.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /[\\/]gen\b|sha256$/.test(join(entry.parentPath, entry.name)))
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(files.map((file) => [file.slice(copy.folder.length + 1), readFileSync(file, "latin1")]));
}

for (const name of ["proto", "grpc-common", "testing"]) {
  test(`finds the generated code of ${name} up to date, without compiler or network`, async () => {
    using copy = copyPackage(name);
    using mirror = await startMirror();
    const before = state(copy);
    const checked = await copy.run("generate.ts", ["--check"], mirror.env);
    assert.deepEqual(checked, { status: 0, stdout: "", stderr: "" });
    const generated = await copy.run("generate.ts", [], mirror.env);
    assert.deepEqual(generated, { status: 0, stdout: "gen/ is up to date.\n", stderr: "" });
    assert.deepEqual(state(copy), before);
    assert.deepEqual(mirror.requests, []);
  });
}

type Change = (copy: PackageCopy) => void;
const replace =
  (...args: Parameters<PackageCopy["replace"]>): Change =>
  (copy) =>
    copy.replace(...args);

describe("--check fails and says what to do after", { concurrency: 2 }, () => {
  const changes: readonly (readonly [string, Change, string, string?])[] = [
    ["a changed field number", replace("protos/hello.proto", "= 1", "= 2"), "protos/hello.proto has changed"],
    [
      "a changed field number in a nested contract",
      replace("protos/google/rpc/status.proto", "= 3", "= 4"),
      "protos/google/rpc/status.proto has changed",
      "grpc-common",
    ],
    ["an added contract", (copy) => copy.write("protos/a/b.proto", ""), "protos/a/b.proto is new"],
    ["a removed contract", (copy) => copy.remove("protos/hello.proto"), "protos/hello.proto is missing"],
    ["an edited message", replace("gen/hello_pb.js", "value", "Value"), "gen/hello_pb.js has changed"],
    ["an edited type", replace("gen/hello_grpc_pb.d.ts", "i", "I"), "gen/hello_grpc_pb.d.ts has changed"],
    ["an edited descriptor", replace("gen/descriptors.binpb", "\n", "\v"), "gen/descriptors.binpb has changed"],
    ["an edited module type", replace("gen/package.json", "common", ""), "gen/package.json has changed", "testing"],
    ["a generated file too many", (copy) => copy.write("gen/a/b_pb.js", ""), "gen/a/b_pb.js is new"],
    ["a generated file too few", (copy) => copy.remove("gen/hello_pb.d.ts"), "gen/hello_pb.d.ts is missing"],
    ["the loss of gen/", (copy) => copy.remove("gen"), "gen/descriptors.binpb is missing, .+_pb.js is missing"],
    ["the loss of the record", (copy) => copy.remove("gen.sha256"), "gen.sha256 is missing"],
    ["another compiler's output", replace("gen.sha256", "tools 1", "tools 0"), "gen.sha256 is not of grpc-tools 1.+"],
  ];
  for (const [what, change, finding, name] of changes) {
    test(what, async () => {
      using copy = copyPackage(name);
      change(copy);
      const { status, stdout, stderr } = await copy.run("generate.ts", ["--check"]);
      assert.equal(status, 1);
      assert.equal(stdout, "");
      assert.match(stderr, new RegExp(`^gen/ is out of date: ${finding}\\.\n`));
      assert.match(stderr, whatToDo);
    });
  }

  test("more changes than fit in a sentence", async () => {
    using copy = copyPackage("grpc-common");
    copy.remove("gen");
    const { stderr } = await copy.run("generate.ts", ["--check"]);
    assert.match(stderr, /^gen\/ is out of date: (gen\/\S+ is missing, ){4}gen\/\S+ is missing and \d+ more\.\n/);
  });
});

test("ignores files that the compiler would not write", async () => {
  using copy = copyPackage();
  for (const file of [".DS_Store", "Thumbs.db", "hello_pb.js~", ".hello_pb.js.swp", "#hello_pb.js#", ".#hello_pb.js"]) {
    copy.write(`gen/${file}`, "");
    copy.write(`protos/${file.replace("_pb.js", ".proto")}`, "");
  }
  const { status, stderr } = await copy.run("generate.ts", ["--check"]);
  assert.equal(status, 0, stderr);
});

test("prints one reason and the page to read if the compiler cannot be downloaded; gen/ stays", async () => {
  using copy = copyPackage();
  using mirror = await startMirror();
  copy.replace("protos/hello.proto", "value = 1", "value = 2");
  const before = state(copy);
  const { status, stdout, stderr } = await copy.run("generate.ts", [], mirror.env);
  assert.equal(status, 1);
  assert.equal(stdout, "");
  assert.match(
    stderr,
    /^cannot download the compiler: response status 404 Not Found on http.+\nSee docs\/generated-code\.md .+\n$/,
  );
  assert.deepEqual(state(copy), before);
  assert.equal(mirror.requests.length, 1);
});

test("says why no server answered", async () => {
  using copy = copyPackage();
  const mirror = await startMirror();
  mirror[Symbol.dispose]();
  copy.remove("gen.sha256");
  const { status, stderr } = await copy.run("generate.ts", [], mirror.env);
  assert.equal(status, 1);
  assert.match(stderr, /^cannot download the compiler: request to http.+ECONNREFUSED.+\nSee /);
});

test("compiles with the downloaded compiler, and replaces gen/ and its record", { skip }, async () => {
  using copy = copyPackage();
  using mirror = await startMirror(standInCompiler);
  copy.replace("protos/hello.proto", "value = 1", "value = 2");
  const { status, stderr } = await copy.run("generate.ts", [], mirror.env);
  assert.equal(status, 0, stderr);
  assert.equal(stderr, "");
  assert.equal(mirror.requests.length, 1);
  assert.deepEqual(Object.keys(state(copy)).sort(), ["gen.sha256", "gen/descriptors.binpb", "gen/hello_pb.js"]);
  assert.equal(copy.read("gen/hello_pb.js"), copy.read("protos/hello.proto"));
  assert.equal((await copy.run("generate.ts", ["--check"])).status, 0);

  // The compiler is there now, and runs whenever it is asked.
  copy.write("gen/hello_pb.js", "edited");
  const again = await copy.run("generate.ts", [], mirror.env);
  assert.equal(again.status, 0, again.stderr);
  assert.equal(copy.read("gen/hello_pb.js"), copy.read("protos/hello.proto"));
  assert.equal(mirror.requests.length, 1);
});

test("compiles every contract that it finds", { skip }, async () => {
  using copy = copyPackage();
  using mirror = await startMirror(standInCompiler);
  copy.write(
    "protos/shop/v1/item.proto",
    `syntax = "proto3"; package shop.v1; message Item { string name = 1; enum Kind { KIND_UNSPECIFIED = 0; } }`,
  );
  copy.write(
    "protos/shop/v1/order.proto",
    `syntax = "proto3";
    package shop.v1;
    import "google/protobuf/timestamp.proto";
    import "shop/v1/item.proto";
    message Order {
      map<string, Item> items = 1;
      oneof payment { int64 cents = 2; Item.Kind barter = 3; }
      google.protobuf.Timestamp time = 4;
    }`,
  );
  const { status, stderr } = await copy.run("generate.ts", [], mirror.env);
  assert.equal(status, 0, stderr);
  for (const name of ["hello", "shop/v1/item", "shop/v1/order"]) {
    assert.equal(copy.read(`gen/${name}_pb.js`), copy.read(`protos/${name}.proto`));
  }
  for (const script of ["generate.ts", "check-contracts.ts"]) {
    assert.deepEqual(await copy.run(script, script === "generate.ts" ? ["--check"] : []), {
      status: 0,
      stdout: "",
      stderr: "",
    });
  }
  copy.replace("protos/shop/v1/order.proto", "cents = 2", "cents = 5");
  assert.match((await copy.run("generate.ts", ["--check"])).stderr, /order\.proto has changed\.\nRun /);
});

test("marks the generated code of an ESM package as CommonJS", { skip }, async () => {
  using copy = copyPackage("testing");
  using mirror = await startMirror(standInCompiler);
  const before = copy.read("gen/package.json");
  copy.remove("gen");
  const { status, stderr } = await copy.run("generate.ts", [], mirror.env);
  assert.equal(status, 0, stderr);
  assert.equal(copy.read("gen/package.json"), before);
});

test("--download fetches the compiler though gen/ is up to date", { skip }, async () => {
  using copy = copyPackage();
  using mirror = await startMirror(standInCompiler);
  const { status, stderr } = await copy.run("generate.ts", ["--download"], mirror.env);
  assert.equal(status, 0, stderr);
  assert.equal(copy.read("gen/hello_pb.js"), copy.read("protos/hello.proto"));
});

test("leaves gen/ as it was if the compiler fails", { skip }, async () => {
  using copy = copyPackage();
  using mirror = await startMirror(standInCompiler);
  copy.replace("protos/hello.proto", "value = 1", "value = ");
  const before = state(copy);
  const { status, stderr } = await copy.run("generate.ts", [], mirror.env);
  assert.equal(status, 1);
  assert.match(stderr, /^hello\.proto:7:18: .+\nthe compiler failed; gen\/ is unchanged\n$/);
  assert.deepEqual(state(copy), before);
  assert.ok(!readdirSync(copy.folder).includes("gen.tmp"));
});
