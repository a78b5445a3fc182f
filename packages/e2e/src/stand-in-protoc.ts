/**
 * Stand-in for the `protoc` of grpc-tools, with the same arguments. Keeps the generated code of contracts that have not
 * changed. For the others, npm's protoc writes the descriptors and runs the plugin for types, and `stand-in-code.ts`
 * writes the JavaScript.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { messagesCode, serviceCode } from "./stand-in-code.js";

const args = process.argv.slice(2);
const [, output = ""] = /^--js_out=[^:]+:(.+)$/m.exec(args.join("\n")) ?? [];
const record = readFileSync("../gen.sha256", "utf8");
const contracts = args
  .filter((arg) => !arg.startsWith("-"))
  .map((path) => {
    const proto = readFileSync(path, "utf8");
    const hash = createHash("sha256").update(proto).digest("hex");
    return { name: path.replace(/\.proto$/, ""), proto, changed: !record.includes(`${hash}  protos/${path}\n`) };
  });

if (contracts.every(({ changed }) => !changed)) {
  cpSync("../gen", output, { recursive: true });
} else {
  const tooling = createRequire(createRequire(import.meta.url).resolve("@hello/tooling/package.json"));
  const protocArgs = args.filter((arg) => !/^--(js_out|grpc_out|plugin=protoc-gen-grpc)/.test(arg));
  const { status } = spawnSync(process.execPath, [tooling.resolve("protoc/protoc.cjs"), ...protocArgs], {
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
  for (const { name, proto, changed } of contracts) {
    mkdirSync(join(output, dirname(name)), { recursive: true });
    if (changed) {
      writeFileSync(join(output, `${name}_pb.js`), messagesCode(name, proto));
      writeFileSync(join(output, `${name}_grpc_pb.js`), serviceCode(name, proto));
    } else {
      for (const file of [`${name}_pb.js`, `${name}_grpc_pb.js`]) {
        copyFileSync(join("../gen", file), join(output, file));
      }
    }
  }
}
