import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";

/** Defines hooks that build the Go program before the tests of a file and delete it after them. */
export function useGoProgram(): { readonly program: string; readonly skip: string | false } {
  const { program: go, skip, env } = requires("golang-google-grpc-dev");
  const folder = mkdtempSync(join(tmpdir(), "hello-interop-"));
  const program = join(folder, "interop");
  before(async () => {
    if (skip === false) {
      const { status, stderr } = await run([go, "build", "-o", program, "."], {
        cwd: fileURLToPath(new URL("go", import.meta.url)),
        env,
      });
      assert.equal(status, 0, stderr);
    }
  });
  after(() => rm(folder, { recursive: true }));
  return { program, skip };
}
