/**
 * Compiles hello.proto into gen/ with grpc-tools.
 *
 * The compiler is a binary that grpc-tools does not ship but downloads. It runs where it is installed, and is
 * downloaded where gen/ is out of date (but in CI, which must not mend what was committed) or with --download.
 * Otherwise gen/ is proven fresh by gen.sha256, the record of what it was made from and of what came out, so that
 * a build needs neither the compiler nor the network.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({ options: { download: { type: "boolean", default: false } } });
process.chdir(__dirname);

const contract = "hello.proto";
const record = "gen.sha256";
const windows = process.platform === "win32";
const grpcTools = dirname(require.resolve("grpc-tools/package.json"));
const compiler = join(grpcTools, "bin", windows ? "protoc.exe" : "protoc");
const grpcPlugin = join(grpcTools, "bin", windows ? "grpc_node_plugin.exe" : "grpc_node_plugin");
const typesPlugin = join("node_modules", ".bin", windows ? "protoc-gen-ts.CMD" : "protoc-gen-ts");

const mayDownload = flags.download || (!process.env["CI"] && !isFresh());
if (existsSync(compiler) || (mayDownload && downloadCompiler())) {
  compile();
  writeFileSync(record, fingerprint());
  console.log(`gen/ is now what ${toolVersions()} write for ${contract}.`);
} else if (isFresh()) {
  console.log(`gen/ is up to date, so no compiler is needed.`);
} else {
  console.error(`
gen/ is not what ${toolVersions()} wrote for this ${contract},
${mayDownload ? "and the compiler to make it anew could not be downloaded (see above)" : "and CI does not make it anew"}.

- Changed by accident? Undo it: git checkout -- packages/proto
- Changed on purpose? Run "pnpm generate", which downloads the compiler, and commit what it writes.
- Behind a proxy? Set HTTP_PROXY to its address. Behind a mirror of https://node-precompiled-binaries.grpc.io?
  Set npm_config_grpc_tools_binary_host_mirror to its address.`);
  process.exitCode = 1;
}

/** Whether gen/ was made from this contract by these tools, and not edited since. */
function isFresh(): boolean {
  return existsSync(record) && readFileSync(record, "utf8") === fingerprint();
}

/** What gen.sha256 must say, in the format of `sha256sum --check`. */
function fingerprint(): string {
  const generated = existsSync("gen") ? readdirSync("gen") : [];
  const files = [contract, ...generated.map((file) => `gen/${file}`)].sort();
  const lines = files.map((file) => `${createHash("sha256").update(readFileSync(file)).digest("hex")}  ${file}`);
  return `# ${toolVersions()}\n${lines.join("\n")}\n`;
}

function toolVersions(): string {
  return ["grpc-tools", "grpc_tools_node_protoc_ts"]
    .map((name) => `${name} ${(require(`${name}/package.json`) as { version: string }).version}`)
    .join(" and ");
}

/** Runs grpc-tools' own install step. */
function downloadCompiler(): boolean {
  const installer = createRequire(join(grpcTools, "package.json")).resolve("@mapbox/node-pre-gyp/bin/node-pre-gyp");
  const { status } = spawnSync(process.execPath, [installer, "install"], {
    cwd: grpcTools,
    stdio: "inherit",
    timeout: 120_000,
  });
  return status === 0 && existsSync(compiler);
}

/** Replaces gen/ only once all of it is written. */
function compile(): void {
  const output = "gen.tmp";
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output);
  const args = [
    "-I.",
    `--js_out=import_style=commonjs,binary:${output}`,
    `--plugin=protoc-gen-grpc=${grpcPlugin}`,
    `--grpc_out=grpc_js:${output}`,
    `--plugin=protoc-gen-ts=${typesPlugin}`,
    `--ts_out=grpc_js:${output}`,
    "--include_imports",
    `--descriptor_set_out=${join(output, "hello.binpb")}`,
    contract,
  ];
  const { status, error } = spawnSync(compiler, args, { stdio: "inherit" });
  if (status !== 0) {
    rmSync(output, { recursive: true });
    console.error(`${error?.message ?? "The compiler failed (see above)"}; gen/ is as it was.`);
    process.exit(1);
  }
  rmSync("gen", { recursive: true, force: true });
  renameSync(output, "gen");
}
