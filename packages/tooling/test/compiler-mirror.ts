/** Mirror for the downloads of grpc-tools, with a fake compiler. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "@hello/testing/program";

/**
 * Fake of the grpc-tools compiler, which no npm package contains. Writes the descriptor set with the protoc from npm,
 * and copies each contract to the file of its generated messages.
 */
export const fakeCompiler = `
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
  /** Requested paths. */
  readonly requests: readonly string[];
  /** Environment variables that select the mirror. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Starts a mirror that serves the given script as the compiler, or responds with 404 if there is none. */
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
