import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { compile } from "@hello/testing/compile";
import { run } from "@hello/testing/program";
import { type ServerProcess, startServer } from "../server-process.js";
import { createProgramFolder, snippets } from "../snippets.js";
import { succeed } from "../tarballs.js";
import { tsc } from "../tsc.js";

const root = new URL("../../../../", import.meta.url);
const guides = readdirSync(new URL("docs/", root)).map((page) => `docs/${page}`);
const readmes = ["proto", "server", "client", "grpc-server", "grpc-client"].map((name) => `packages/${name}/README.md`);

/** Programs in the documentation, each with its page and heading. */
const programs = ["README.md", ...readmes, ...guides].flatMap((page) => {
  const url = new URL(page, root);
  const text = readFileSync(url, "utf8");
  return snippets(url, "ts").map((program) => {
    const heading = [...text.slice(0, text.indexOf(program)).matchAll(/^##? (.*)$/gm)].at(-1)?.[1];
    return { program, place: `${page}, ${heading}` };
  });
});

/** Programs that are only type-checked here. authorization.test.ts runs them. */
const authorization = snippets(new URL("docs/authorization.md", root), "typescript");

/** Modules that need a process for each program. All other programs share one, because most of a run is start-up. */
const processWide = /"node:test"|"@opentelemetry/;

let plain: ServerProcess;
let secure: ServerProcess;
let certificates: TestCertificates;
/** Output of each file that shares a process. */
let outputs: ReadonlyMap<string, string>;
const folder = createProgramFolder();

/** Returns the address that a program is run with instead of `localhost:50051`. */
function addressFor(program: string): string {
  if (program.includes("UNAVAILABLE no connection")) {
    return "127.0.0.1:1";
  }
  return (program.includes("tls: {") ? secure : plain).address.replace("127.0.0.1", "localhost");
}

/** Runs compiled files one after the other in one process, and resolves with the output of each. */
async function runFiles(files: readonly string[]): Promise<Map<string, string>> {
  const runner = `
    console.error = console.log;
    for (const file of ${JSON.stringify(files)}) {
      console.log("<" + file + ">");
      await import("./" + file).catch(console.log);
    }`;
  writeFileSync(join(folder, "runner.mjs"), runner);
  const sections = (await runFile("runner.mjs")).split(/^<(.*)>\n/m);
  return new Map(files.map((file) => [file, sections[sections.indexOf(file) + 1] ?? ""]));
}

/** Runs a compiled file that must succeed, and resolves with its output. */
function runFile(file: string): Promise<string> {
  return succeed([process.execPath, file], folder, { NODE_TEST_CONTEXT: undefined });
}

before(async () => {
  certificates = await createCertificates();
  const { ca, server, client } = certificates;
  const files = ["--tls-cert", server.certFile, "--tls-key", server.keyFile, "--tls-client-ca", ca.certFile];
  [plain, secure] = await Promise.all([startServer(), startServer(...files)]);
  cpSync(ca.certFile, join(folder, "ca.crt"));
  cpSync(client.certFile, join(folder, "client.crt"));
  cpSync(client.keyFile, join(folder, "client.key"));
  for (const [index, { program }] of programs.entries()) {
    writeFileSync(join(folder, `program-${index}.ts`), program.replaceAll("localhost:50051", addressFor(program)));
  }
  const sources = programs.map((_, index) => join(folder, `program-${index}.ts`));
  await compile(sources, folder, folder);
  for (const [index, program] of authorization.entries()) {
    writeFileSync(join(folder, `authorization-${index}.ts`), program);
  }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: "../tsconfig.json", include: ["*.ts"] }));
  const shared = [...programs.entries()].filter(([, { program }]) => !processWide.test(program));
  outputs = await runFiles(shared.map(([index]) => `program-${index}.mjs`));
});
after(async () => {
  rmSync(folder, { recursive: true });
  await Promise.all([plain.stop(), secure.stop(), certificates[Symbol.asyncDispose]()]);
});

test("type-checks the programs in the documentation", async () => {
  const { status, stdout } = await run([process.execPath, tsc, "-p", folder]);
  assert.equal(status, 0, stdout);
  assert.ok(programs.length > 15);
  assert.equal(authorization.length, 3);
});

for (const [index, { program, place }] of programs.entries()) {
  test(`runs program ${index + 1}, whose output matches its comments, in ${place}`, async () => {
    const expected = [...program.matchAll(/console\.(?:log|error)\(.*\)[;,] \/\/ (.*)$/gm)]
      .map(([, line = ""]) => `${line.replaceAll(/[^\w\s]/g, "\\$&").replaceAll("\\…", ".*")}\n`)
      .join("");
    const file = `program-${index}.mjs`;
    const output = outputs.get(file) ?? (await runFile(file));
    if (!program.includes("node:test")) {
      assert.match(output, new RegExp(`^${expected}$`));
    }
  });
}
