import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { run } from "@hello/testing/program";
import { type ServerProcess, startServer } from "./server-process.js";
import { createProgramFolder, snippets } from "./snippets.js";
import { tsc } from "./tsc.js";

const root = new URL("../../../", import.meta.url);
const guides = readdirSync(new URL("docs/", root)).map((page) => `docs/${page}`);
const pages = [...guides, "packages/grpc-server/README.md", "packages/grpc-client/README.md"];

/** Programs in the documentation, each with its page and heading. */
const programs = pages.flatMap((page) => {
  const url = new URL(page, root);
  const text = readFileSync(url, "utf8");
  return snippets(url, "ts").map((program) => {
    const heading = [...text.slice(0, text.indexOf(program)).matchAll(/^##? (.*)$/gm)].at(-1)?.[1];
    return { program, place: `${page}, ${heading}` };
  });
});

let plain: ServerProcess;
let secure: ServerProcess;
let certificates: TestCertificates;
const folder = createProgramFolder();

before(async () => {
  certificates = await createCertificates();
  const { ca, server, client } = certificates;
  const files = ["--tls-cert", server.certFile, "--tls-key", server.keyFile, "--tls-client-ca", ca.certFile];
  [plain, secure] = await Promise.all([startServer(), startServer(...files)]);
  cpSync(ca.certFile, join(folder, "ca.crt"));
  cpSync(client.certFile, join(folder, "client.crt"));
  cpSync(client.keyFile, join(folder, "client.key"));
  for (const [index, { program }] of programs.entries()) {
    const { address } = program.includes("tls: {") ? secure : plain;
    const target = address.replace("127.0.0.1", "localhost");
    writeFileSync(join(folder, `program-${index}.ts`), program.replaceAll("localhost:50051", target));
  }
  const compilerOptions = { noUnusedLocals: false };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: "../tsconfig.json", compilerOptions, include: ["*.ts"] }),
  );
});
after(async () => {
  rmSync(folder, { recursive: true });
  await Promise.all([plain.stop(), secure.stop(), certificates[Symbol.asyncDispose]()]);
});

test("type-checks the programs in the documentation", async () => {
  const { status, stdout } = await run([process.execPath, tsc, "-p", folder]);
  assert.equal(status, 0, stdout);
  assert.ok(programs.length > 15);
});

for (const [index, { program, place }] of programs.entries()) {
  test(`runs program ${index + 1}, whose output matches its comments, in ${place}`, async () => {
    const expected = [...program.matchAll(/console\.log\(.*\)[;,] \/\/ (.*)$/gm)]
      .map(([, line]) => `${line}\n`)
      .join("");
    const env = { NODE_TEST_CONTEXT: undefined };
    const outcome = await run([process.execPath, "--import=tsx", `program-${index}.ts`], { cwd: folder, env });
    assert.equal(outcome.status, 0, outcome.stdout + outcome.stderr);
    if (!program.includes("node:test")) {
      assert.equal(outcome.stdout, expected, outcome.stderr);
    }
  });
}
