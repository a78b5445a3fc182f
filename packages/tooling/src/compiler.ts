/** Compiler of grpc-tools. The npm package does not contain the binaries; its install script downloads them. */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, posix } from "node:path";

const windows = process.platform === "win32";
const grpcTools = dirname(require.resolve("grpc-tools/package.json"));
const protoc = join(grpcTools, "bin", windows ? "protoc.exe" : "protoc");
const grpcPlugin = join(grpcTools, "bin", windows ? "grpc_node_plugin.exe" : "grpc_node_plugin");
const typesPlugin = join(__dirname, "../node_modules/.bin", windows ? "protoc-gen-ts.CMD" : "protoc-gen-ts");

/** Returns the names and versions of the tools that write gen/. */
export function toolVersions(): string {
  return ["grpc-tools", "grpc_tools_node_protoc_ts"]
    .map((name) => `${name} ${(require(`${name}/package.json`) as { version: string }).version}`)
    .join(" and ");
}

/** Returns true if both binaries are in the bin folder of grpc-tools. */
export function compilerInstalled(): boolean {
  return existsSync(protoc) && existsSync(grpcPlugin);
}

/**
 * Downloads the compiler with the install script of grpc-tools.
 *
 * @throws Error with a one-line reason.
 */
export function downloadCompiler(): void {
  const installer = createRequire(join(grpcTools, "package.json")).resolve("@mapbox/node-pre-gyp/bin/node-pre-gyp");
  const { status, error, stderr } = spawnSync(process.execPath, [installer, "install"], {
    cwd: grpcTools,
    encoding: "utf8",
    timeout: 120_000,
  });
  if (status !== 0 || !compilerInstalled()) {
    // The download may be incomplete.
    rmSync(protoc, { force: true });
    rmSync(grpcPlugin, { force: true });
    const [, reason] = /^\[error\] install (.+)$/m.exec(stderr) ?? [];
    throw new Error(`cannot download the compiler: ${reason ?? error?.message ?? "the archive does not contain it"}`);
  }
}

/**
 * Compiles contracts into an existing folder.
 *
 * @param protos Paths of the contracts relative to protos/.
 * @throws Error if the compiler fails. The compiler has already printed the reason.
 */
export function compile(protos: readonly string[], output: string): void {
  const out = posix.join("..", output);
  const args = [
    "-I.",
    `--js_out=import_style=commonjs,binary:${out}`,
    `--plugin=protoc-gen-grpc=${grpcPlugin}`,
    `--grpc_out=grpc_js:${out}`,
    `--plugin=protoc-gen-ts=${typesPlugin}`,
    `--ts_out=grpc_js:${out}`,
    "--include_imports",
    `--descriptor_set_out=${out}/descriptors.binpb`,
    ...protos,
  ];
  const { status, error } = spawnSync(protoc, args, { cwd: "protos", stdio: "inherit" });
  if (status !== 0) {
    throw new Error(error?.message ?? "the compiler failed");
  }
}
