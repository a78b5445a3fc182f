/**
 * Measures calls a second and CPU time a call of the server: Hello against bare grpc-js, and node:http2 alone, which is
 * Node's limit.
 *
 *     tsx src/server.ts [starts] [seconds of a slice]
 */
import { bare, hello, limit } from "./candidates.js";
import { compare } from "./compare.js";
import { load } from "./load.js";

const [starts = 12, seconds = 2] = process.argv.slice(2).map(Number);

await compare({
  candidates: [bare, hello(), limit],
  starts,
  seconds,
  unit: "call",
  load: async (port, seconds) => (await load(port, { seconds })).calls,
});
