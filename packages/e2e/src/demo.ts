/**
 * Starts a server process on a free port and asks it with the client program: prints one greeting a line for the names
 * on the command line, or `Hello World`.
 */
import { createRequire } from "node:module";
import { run } from "@hello/testing/program";
import { startServer } from "./server-process.js";

async function demo(names: readonly string[]): Promise<void> {
  await using server = await startServer();
  const cli = createRequire(import.meta.url)
    .resolve("@hello/client")
    .replace(/index\.js$/, "cli.js");
  const client = await run([process.execPath, cli, "--target", server.address, ...names]);
  process.stdout.write(client.stdout);
  if (client.status !== 0) {
    throw new Error(client.stderr.trim());
  }
  const status = await server.stop();
  if (status !== 0) {
    throw new Error(`the server ended with ${status}`);
  }
}

demo(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
