import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { after, before, type TestContext, test } from "node:test";
import { HelloClient, type HelloClientOptions, RpcError } from "@hello/client";
import { createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { run, start } from "@hello/testing/program";
import { transformSync } from "esbuild";
import { createProgramFolder, snippets } from "../snippets.js";
import { createTokenIssuer, issuer, type TokenIssuer } from "../token-issuer.js";

/*
 * Programs of docs/authorization.md that need certificates, a token and an issuer, as JavaScript. programs.test.ts
 * checks their types, and runs the other programs.
 */
const [certificateServer = "", tokenServer = "", clientProgram = ""] = snippets(
  new URL("../../../../docs/authorization.md", import.meta.url),
  "typescript",
).map((program) => transformSync(program, { loader: "ts", target: "node20" }).code);

let certificates: TestCertificates;
let tokens: TokenIssuer;
const folder = createProgramFolder();
const keyServer = createServer((_request, response) => response.end(JSON.stringify(tokens.jwks)));

before(async () => {
  [certificates, tokens] = await Promise.all([createCertificates(), createTokenIssuer()]);
  const { ca, server } = certificates;
  const client = await ca.issue("checkout", { uris: ["spiffe://acme.example/checkout"] });
  for (const [name, { certFile, keyFile }] of Object.entries({ ca, server, client })) {
    cpSync(certFile, join(folder, `${name}.crt`));
    cpSync(keyFile, join(folder, `${name}.key`));
  }
  writeFileSync(join(folder, "token.jwt"), await tokens.sign());
  await once(keyServer.listen(0, "127.0.0.1"), "listening");
});
after(async () => {
  rmSync(folder, { recursive: true });
  keyServer.close();
  keyServer.closeAllConnections();
  await certificates[Symbol.asyncDispose]();
});

/** Runs a server program until the test ends, and resolves with its target. */
async function serve(t: TestContext, program: string): Promise<string> {
  const { port } = keyServer.address() as AddressInfo;
  const file = `${randomUUID()}.mjs`;
  const adapted = program
    .replace("localhost:50051", "127.0.0.1:0")
    .replace(`${issuer}/jwks.json`, `http://127.0.0.1:${port}`);
  writeFileSync(join(folder, file), `${adapted}\nconsole.log(String(await server.start()));\n`);
  const child = start([process.execPath, file], { cwd: folder, env: { NODE_TEST_CONTEXT: undefined } });
  t.after(() => child.kill("SIGKILL"));
  const stderr = text(child.stderr);
  const line = await Promise.race([once(createInterface(child.stdout), "line"), once(child, "close")]);
  assert.equal(typeof line[0], "string", child.exitCode === null ? "" : await stderr);
  return String(line[0]).replace("127.0.0.1", "localhost");
}

/** Runs the client program to its end, and resolves with its output. */
async function greet(target: string): Promise<string> {
  const file = `${randomUUID()}.mjs`;
  writeFileSync(join(folder, file), clientProgram.replace("localhost:50051", target));
  const { status, stdout, stderr } = await run([process.execPath, file], { cwd: folder });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** Calls with the given credentials, and resolves with the status. */
async function callStatus(target: string, options: HelloClientOptions): Promise<string> {
  await using client = new HelloClient(target, { timeoutMs: 30_000, ...options });
  return await client.hello("World").then(
    () => "OK",
    (error: unknown) => (error instanceof RpcError ? error.status : String(error)),
  );
}

test("serves only the clients in the policy, in docs/authorization.md, Client certificates", async (t) => {
  const target = await serve(t, certificateServer);
  assert.equal(await greet(target), "Hello World, by spiffe://acme.example/checkout\n");
  const { ca, client } = certificates;
  const [admin, other] = await Promise.all([
    ca.issue("admin", { uris: ["spiffe://acme.example/admin"] }),
    ca.issue("other", { uris: ["spiffe://acme.example/other"] }),
  ]);
  for (const { cert, key } of [admin, other, client]) {
    const tls = { ca: ca.cert, cert, key };
    assert.equal(await callStatus(target, { tls }), "PERMISSION_DENIED");
  }
});

test("serves only the subject in the policy, with the right scope, in docs/authorization.md, Tokens", async (t) => {
  const target = await serve(t, tokenServer);
  assert.equal(await greet(target), "Hello World, by subject:ada\n");
  const tls = { ca: certificates.ca.cert };
  assert.equal(await callStatus(target, { tls }), "UNAUTHENTICATED");
  assert.equal(await callStatus(target, { tls, token: await tokens.sign({ exp: 1 }) }), "UNAUTHENTICATED");
  assert.equal(await callStatus(target, { tls, token: await tokens.sign({ sub: "eve" }) }), "PERMISSION_DENIED");
  assert.equal(await callStatus(target, { tls, token: await tokens.sign({ scope: "other" }) }), "PERMISSION_DENIED");
});
