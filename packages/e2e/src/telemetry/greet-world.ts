import assert from "node:assert/strict";
import { HelloClient } from "@hello/client";

/** Greets the world with HelloClient over a new connection, and checks the greeting. */
export async function greetWorld(
  server: { readonly address: string },
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await using client = new HelloClient(server.address);
  assert.equal(await client.hello("World", { metadata }), "Hello World");
}
