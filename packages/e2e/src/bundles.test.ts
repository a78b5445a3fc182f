import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "@hello/testing/program";
import { type ServerProcess, startServer } from "./server-process.js";
import { packTarballs, publishedPackages, succeed, type Tarballs } from "./tarballs.js";

const startSdk = `
  import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
  const spans = new InMemorySpanExporter();
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).register();
  const names = () => spans.getFinishedSpans().map(({ name, kind }) => kind + " " + name).sort().join("\\n");`;

/** Programs without top-level await, which CommonJS does not support. */
const programs = {
  "client.mjs": `
    import { HelloClient } from "@hello/client";
    const client = new HelloClient(process.argv[2]);
    client.hello("World").then(console.log).finally(() => client.close());`,

  "traced-client.mjs": `
    import { HelloClient } from "@hello/client";
    ${startSdk}
    const client = new HelloClient(process.argv[2]);
    client.hello("World").then((greeting) => console.log(greeting + "\\n" + names())).finally(() => client.close());`,

  "traced-server.mjs": `
    import { HelloClient } from "@hello/client";
    import { createHelloServer } from "@hello/server";
    ${startSdk}
    async function main() {
      const server = createHelloServer({ addresses: ["127.0.0.1:0"] });
      const client = new HelloClient((await server.start())[0]);
      console.log(await client.hello("World"));
      console.log(await client.checkHealth());
      client.close();
      await server.shutdown();
      console.log(names());
    }
    main();`,

  "xds.mjs": `
    import { HelloClient } from "@hello/client";
    try {
      new HelloClient("xds:///hello");
    } catch (error) {
      console.log(error.message);
    }`,
};

const outputs: Readonly<Record<string, string>> = {
  client: "Hello World",
  "traced-client": "Hello World\n2 Hello/Hello",
  "traced-server": [
    "Hello World",
    "SERVING",
    "1 Hello/Hello",
    "1 grpc.health.v1.Health/Check",
    "2 Hello/Hello",
    "2 grpc.health.v1.Health/Check",
  ].join("\n"),
  xds:
    'invalid target "xds:///hello": xds needs the package @grpc/grpc-js-xds, which cannot be loaded: ' +
    "Cannot find module '@grpc/grpc-js-xds'",
};

const bundler = fileURLToPath(new URL("bundle.mjs", import.meta.url));

let server: ServerProcess;
let tarballs: Tarballs;
let project: string;
before(async () => {
  [server, tarballs] = await Promise.all([startServer(), packTarballs()]);
  const sdk = "@opentelemetry/sdk-trace-node@^2.12.0";
  project = await tarballs.createProject(programs, publishedPackages, "--ignore-scripts", sdk);
});
after(async () => {
  await server.stop();
  tarballs[Symbol.dispose]();
});

for (const form of ["esbuild-cjs", "esbuild-esm", "rollup-esm", "vite-esm"]) {
  test(`bundles programs as ${form} that call, serve and trace in a folder without node_modules`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "hello-bundle-"));
    try {
      await succeed([process.execPath, bundler, form, project, folder, ...Object.keys(programs)], project);
      for (const [name, output] of Object.entries(outputs)) {
        const file = readdirSync(folder).find((entry) => entry.startsWith(`${name}.`)) ?? "missing";
        const { stdout, stderr } = await run([process.execPath, file, server.address], {
          cwd: folder,
          env: { NODE_PATH: "" },
        });
        assert.equal(stdout.trimEnd(), output, stderr);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
