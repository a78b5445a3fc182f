import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fakeCompiler, startMirror } from "../test/compiler-mirror.js";
import { copyPackage, type PackageCopy } from "../test/package-copy.js";

const remedy = /\nRun "pnpm generate" and commit gen\/ and gen\.sha256, or undo the change with git\.\n$/;
// Windows cannot run a script named protoc.exe.
const skip = process.platform === "win32" && "the fake compiler is a script";

/** Reads the files in gen/ and the record. */
function readGenerated(copy: PackageCopy): Record<string, string> {
  const files = readdirSync(copy.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /[\\/]gen\b|sha256$/.test(join(entry.parentPath, entry.name)))
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(files.map((file) => [file.slice(copy.folder.length + 1), readFileSync(file, "latin1")]));
}

for (const name of ["proto", "grpc-common", "testing"]) {
  test(`finds the generated code of ${name} up to date, without compiler or network`, async () => {
    using copy = copyPackage(name);
    using mirror = await startMirror();
    const before = readGenerated(copy);
    const checked = await copy.run("generate.js", ["--check"], mirror.env);
    assert.deepEqual(checked, { status: 0, stdout: "", stderr: "" });
    const generated = await copy.run("generate.js", [], mirror.env);
    assert.deepEqual(generated, { status: 0, stdout: "gen/ is up to date.\n", stderr: "" });
    assert.deepEqual(readGenerated(copy), before);
    assert.deepEqual(mirror.requests, []);
  });
}

type Change = (copy: PackageCopy) => void;
const replace =
  (...args: Parameters<PackageCopy["replace"]>): Change =>
  (copy) =>
    copy.replace(...args);

describe("--check fails and reports the remedy after", { concurrency: 2 }, () => {
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
    ["an extra generated file", (copy) => copy.write("gen/a/b_pb.js", ""), "gen/a/b_pb.js is new"],
    ["a missing generated file", (copy) => copy.remove("gen/hello_pb.d.ts"), "gen/hello_pb.d.ts is missing"],
    ["the deletion of gen/", (copy) => copy.remove("gen"), "gen/descriptors.binpb is missing, .+_pb.js is missing"],
    ["the deletion of the record", (copy) => copy.remove("gen.sha256"), "gen.sha256 is missing"],
    [
      "the output of another compiler",
      replace("gen.sha256", "tools 1", "tools 0"),
      "gen.sha256 was not written by grpc-tools 1.+",
    ],
  ];
  for (const [description, change, finding, name] of changes) {
    test(description, async () => {
      using copy = copyPackage(name);
      change(copy);
      const { status, stdout, stderr } = await copy.run("generate.js", ["--check"]);
      assert.equal(status, 1);
      assert.equal(stdout, "");
      assert.match(stderr, new RegExp(`^gen/ is out of date: ${finding}\\.\n`));
      assert.match(stderr, remedy);
    });
  }

  test("more than five changes, of which it lists five", async () => {
    using copy = copyPackage("grpc-common");
    copy.remove("gen");
    const { stderr } = await copy.run("generate.js", ["--check"]);
    assert.match(stderr, /^gen\/ is out of date: (gen\/\S+ is missing, ){4}gen\/\S+ is missing and \d+ more\.\n/);
  });
});

test("ignores files that the compiler would not write", async () => {
  using copy = copyPackage();
  for (const file of [".DS_Store", "Thumbs.db", "hello_pb.js~", ".hello_pb.js.swp", "#hello_pb.js#", ".#hello_pb.js"]) {
    copy.write(`gen/${file}`, "");
    copy.write(`protos/${file.replace("_pb.js", ".proto")}`, "");
  }
  const { status, stderr } = await copy.run("generate.js", ["--check"]);
  assert.equal(status, 0, stderr);
});

test("prints the reason and a link to the docs if the compiler cannot be downloaded, and leaves gen/ unchanged", async () => {
  using copy = copyPackage();
  using mirror = await startMirror();
  copy.replace("protos/hello.proto", "value = 1", "value = 2");
  const before = readGenerated(copy);
  const { status, stdout, stderr } = await copy.run("generate.js", [], mirror.env);
  assert.equal(status, 1);
  assert.equal(stdout, "");
  assert.match(
    stderr,
    /^cannot download the compiler: response status 404 Not Found on http.+\nSee docs\/generated-code\.md .+\n$/,
  );
  assert.deepEqual(readGenerated(copy), before);
  assert.equal(mirror.requests.length, 1);
});

test("prints the reason if the server of the compiler is unreachable", async () => {
  using copy = copyPackage();
  const mirror = await startMirror();
  mirror[Symbol.dispose]();
  copy.remove("gen.sha256");
  const { status, stderr } = await copy.run("generate.js", [], mirror.env);
  assert.equal(status, 1);
  assert.match(stderr, /^cannot download the compiler: request to http.+ECONNREFUSED.+\nSee /);
});

test("compiles with the downloaded compiler, and replaces gen/ and the record", { skip }, async () => {
  using copy = copyPackage();
  using mirror = await startMirror(fakeCompiler);
  copy.replace("protos/hello.proto", "value = 1", "value = 2");
  const { status, stderr } = await copy.run("generate.js", [], mirror.env);
  assert.equal(status, 0, stderr);
  assert.equal(stderr, "");
  assert.equal(mirror.requests.length, 1);
  assert.deepEqual(Object.keys(readGenerated(copy)).sort(), ["gen.sha256", "gen/descriptors.binpb", "gen/hello_pb.js"]);
  assert.equal(copy.read("gen/hello_pb.js"), copy.read("protos/hello.proto"));
  assert.equal((await copy.run("generate.js", ["--check"])).status, 0);

  // The compiler is installed now, so that generate.js always runs it.
  copy.write("gen/hello_pb.js", "edited");
  const again = await copy.run("generate.js", [], mirror.env);
  assert.equal(again.status, 0, again.stderr);
  assert.equal(copy.read("gen/hello_pb.js"), copy.read("protos/hello.proto"));
  assert.equal(mirror.requests.length, 1);
});

test("compiles all contracts in protos/", { skip }, async () => {
  using copy = copyPackage();
  using mirror = await startMirror(fakeCompiler);
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
  const { status, stderr } = await copy.run("generate.js", [], mirror.env);
  assert.equal(status, 0, stderr);
  for (const name of ["hello", "shop/v1/item", "shop/v1/order"]) {
    assert.equal(copy.read(`gen/${name}_pb.js`), copy.read(`protos/${name}.proto`));
  }
  for (const script of ["generate.js", "check-contracts.js"]) {
    assert.deepEqual(await copy.run(script, script === "generate.js" ? ["--check"] : []), {
      status: 0,
      stdout: "",
      stderr: "",
    });
  }
  copy.replace("protos/shop/v1/order.proto", "cents = 2", "cents = 5");
  assert.match((await copy.run("generate.js", ["--check"])).stderr, /order\.proto has changed\.\nRun /);
});

test("marks the generated code of an ESM package as CommonJS", { skip }, async () => {
  using copy = copyPackage("testing");
  using mirror = await startMirror(fakeCompiler);
  const before = copy.read("gen/package.json");
  copy.remove("gen");
  const { status, stderr } = await copy.run("generate.js", [], mirror.env);
  assert.equal(status, 0, stderr);
  assert.equal(copy.read("gen/package.json"), before);
});

test("downloads the compiler with --download even if gen/ is up to date", { skip }, async () => {
  using copy = copyPackage();
  using mirror = await startMirror(fakeCompiler);
  const { status, stderr } = await copy.run("generate.js", ["--download"], mirror.env);
  assert.equal(status, 0, stderr);
  assert.equal(copy.read("gen/hello_pb.js"), copy.read("protos/hello.proto"));
});

test("leaves gen/ unchanged if the compiler fails", { skip }, async () => {
  using copy = copyPackage();
  using mirror = await startMirror(fakeCompiler);
  copy.replace("protos/hello.proto", "value = 1", "value = ");
  const before = readGenerated(copy);
  const { status, stderr } = await copy.run("generate.js", [], mirror.env);
  assert.equal(status, 1);
  assert.match(stderr, /^hello\.proto:7:18: .+\nthe compiler failed; gen\/ is unchanged\n$/);
  assert.deepEqual(readGenerated(copy), before);
  assert.ok(!readdirSync(copy.folder).includes("gen.tmp"));
});
