/** Mirror of grpc-tools' downloads, with a stand-in for its compiler. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "@hello/testing/program";

/**
 * Stand-in for grpc-tools' compiler, which no npm package holds: has npm's protoc write the descriptor set, and copies
 * each contract to where its messages would be.
 */
export const standInCompiler = `
  const { accessSync, constants, mkdirSync, readFileSync, writeFileSync } = require("node:fs");
  const { dirname, join } = require("node:path");
  const { spawnSync } = require("node:child_process");
  const flag = (name) => process.argv.find((arg) => arg.startsWith("--" + name + "=")).slice(name.length + 3);
  accessSync(flag("plugin=protoc-gen-grpc"), constants.X_OK);
  accessSync(flag("plugin=protoc-gen-ts"), constants.X_OK);
  for (const proto of process.argv.slice(2).filter((arg) => !arg.startsWith("-"))) {
    const output = join(flag("js_out").split(":")[1], proto.replace(".proto", "_pb.js"));
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, readFileSync(proto));
  }
  const args = process.argv.slice(2).filter((arg) => !/_out=grpc|js_out|plugin/.test(arg));
  const { status } = spawnSync(process.execPath, [${JSON.stringify(require.resolve("protoc/protoc.cjs"))}, ...args], { stdio: "inherit" });
  process.exitCode = status;`;

/** Running mirror. Disposing stops it. */
export interface CompilerMirror extends Disposable {
  /** Paths that were asked for. */
  readonly requests: readonly string[];
  /** Variables that lead to the mirror. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Starts a mirror that has this script in the place of the compiler, or nothing. */
export async function startMirror(compiler?: string): Promise<CompilerMirror> {
  const folder = mkdtempSync(join(tmpdir(), "mirror-"));
  const archive = join(folder, "archive.tar.gz");
  if (compiler !== undefined) {
    mkdirSync(join(folder, "bin"));
    for (const program of ["protoc", "grpc_node_plugin"]) {
      writeFileSync(join(folder, "bin", program), `#!${process.execPath}\n${compiler}`, { mode: 0o755 });
    }
    assert.equal((await run(["tar", "-czf", archive, "-C", folder, "bin"])).status, 0);
  }
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    response.writeHead(compiler === undefined ? 404 : 200).end(compiler === undefined ? "" : readFileSync(archive));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    requests,
    env: {
      http_proxy: undefined,
      HTTP_PROXY: undefined,
      npm_config_proxy: undefined,
      npm_config_grpc_tools_binary_host_mirror: `http://127.0.0.1:${port}/`,
    },
    [Symbol.dispose]() {
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
