/**
 * Starts a server process on a free port and calls it with the client program: prints one greeting a line for each name
 * on the command line, or `Hello World`.
 */
import { runClient } from "./client-program.js";
import { startServer } from "./server-process.js";

async function demo(names: readonly string[]): Promise<void> {
  await using server = await startServer();
  const client = await runClient("--target", server.address, ...names);
  process.stdout.write(client.stdout);
  if (client.status !== 0) {
    throw new Error(client.stderr.trim());
  }
  const status = await server.stop();
  // On Windows a process cannot handle the signal: it is terminated instead.
  if (status !== 0 && process.platform !== "win32") {
    throw new Error(`the server ended with ${status}`);
  }
}

demo(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
