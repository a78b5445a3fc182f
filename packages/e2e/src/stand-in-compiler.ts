import { realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Installs the stand-in in a copy of the repository, in place of the compiler that `pnpm generate` would download. */
export function installStandIn(copy: string): void {
  const bin = join(realpathSync(join(copy, "packages/tooling/node_modules/grpc-tools")), "bin");
  const program = fileURLToPath(new URL("stand-in-protoc.ts", import.meta.url));
  const args = [`--import=${import.meta.resolve("tsx")}`, program].map((arg) => JSON.stringify(arg)).join(", ");
  const script = `#!${process.execPath}
const { spawnSync } = require("node:child_process");
const args = [${args}, ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, args, { stdio: "inherit" }).status;`;
  for (const name of ["protoc", "grpc_node_plugin"]) {
    writeFileSync(join(bin, name), script, { mode: 0o755 });
  }
}
