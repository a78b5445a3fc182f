import { realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileProgram } from "@hello/testing/compile";

/** Installs the stand-in in a copy of the repository, in place of the compiler that `pnpm generate` would download. */
export async function installStandIn(copy: string): Promise<void> {
  const bin = join(realpathSync(join(copy, "packages/tooling/node_modules/grpc-tools")), "bin");
  const program = await compileProgram(new URL("stand-in-protoc.ts", import.meta.url));
  const script = `#!${process.execPath}
const { spawnSync } = require("node:child_process");
const args = [${JSON.stringify(program)}, ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, args, { stdio: "inherit" }).status;`;
  for (const name of ["protoc", "grpc_node_plugin"]) {
    writeFileSync(join(bin, name), script, { mode: 0o755 });
  }
}
