import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ServerProcess, startServerWith } from "./server-process.js";

/** Runs a server with these variables, uses it, and returns the paths of the CommonJS modules loaded when it exits. */
export async function listLoadedModules(
  env: Readonly<Record<string, string>>,
  use: (server: ServerProcess) => Promise<void>,
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "hello-modules-"));
  try {
    const list = join(folder, "modules.json");
    const preload = fileURLToPath(new URL("write-loaded-modules.cjs", import.meta.url));
    await using server = await startServerWith({ ...env, LOADED_MODULES: list, NODE_OPTIONS: `--require=${preload}` });
    await use(server);
    assert.equal(await server.stop(), 0);
    const modules = JSON.parse(readFileSync(list, "utf8")) as string[];
    assert.ok(modules.some((path) => path.includes("grpc-js")));
    return modules;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
