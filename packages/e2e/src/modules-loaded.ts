import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ServerProcess, startServerWith } from "./server-process.js";

/** The CommonJS modules that a server with these variables has loaded when it ends, after it has been used. */
export async function modulesLoaded(
  env: Readonly<Record<string, string>>,
  use: (server: ServerProcess) => Promise<void>,
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "hello-modules-"));
  try {
    const list = join(folder, "modules.json");
    const probe = fileURLToPath(new URL("loaded-modules.cjs", import.meta.url));
    await using server = await startServerWith({ ...env, LOADED_MODULES: list, NODE_OPTIONS: `--require=${probe}` });
    await use(server);
    assert.equal(await server.stop(), 0);
    const modules = JSON.parse(readFileSync(list, "utf8")) as string[];
    assert.ok(modules.some((path) => path.includes("grpc-js")));
    return modules;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
