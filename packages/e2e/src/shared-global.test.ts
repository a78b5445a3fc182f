import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, test } from "node:test";
import { run } from "@hello/testing/program";
import { startServer } from "./server-process.js";
import { createProgramFolder } from "./snippets.js";

const generated = createRequire(import.meta.url)
  .resolve("@hello/proto")
  .replace(/dist.index\.js$/, "gen/hello_pb.js");
const folder = createProgramFolder();
after(() => rmSync(folder, { recursive: true }));

// Another contract without a package and with messages of the same names, whose field has the number 7.
writeFileSync(join(folder, "other_pb.cjs"), readFileSync(generated, "utf8").replaceAll(/(?<!-)\b1(?=[,:])/g, "7"));

const ours = `
  import { HelloClient } from "@hello/client";
  import { createHelloServer } from "@hello/server";`;
const other = `import other from "./other_pb.cjs";`;
const call = `
  import { Client, credentials } from "@grpc/grpc-js";
  const client = new HelloClient(process.argv[1]);
  console.log(await client.hello("World"), globalThis.proto.HelloResponse === other.HelloResponse);
  client.close();
  const server = createHelloServer({ addresses: ["127.0.0.1:0"] });
  const stub = new Client((await server.start())[0], credentials.createInsecure());
  const bytes = (buffer) => buffer;
  stub.makeUnaryRequest("/Hello/Hello", bytes, bytes, Buffer.from("\\n\\x03Ada"), async (error, response) => {
    console.log(String(response));
    stub.close();
    await server.shutdown();
  });`;

const orders = {
  "before another contract with messages of the same names": { program: ours + other, otherWins: true },
  "after another contract with messages of the same names": { program: other + ours, otherWins: false },
};

for (const [order, { program, otherWins }] of Object.entries(orders)) {
  test(`client and server work when loaded ${order}`, async () => {
    await using server = await startServer();
    const evaluate = [process.execPath, "--input-type=module", "--eval", program + call] as const;
    const { stdout, stderr } = await run([...evaluate, server.address], { cwd: folder });
    assert.equal(stdout, `Hello World ${otherWins}\n\n\tHello Ada\n`, stderr);
  });
}
