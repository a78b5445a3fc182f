/**
 * Measures calls per second and CPU time per call of a server: Hello, bare grpc-js, and node:http2 alone, which is the
 * limit of Node.
 *
 *     tsx src/server.ts [starts] [seconds per measurement]
 */
import { bare, hello, http2 } from "./candidates.js";
import { compare } from "./compare.js";
import { load } from "./load.js";

const [starts = 12, seconds = 2] = process.argv.slice(2).map(Number);

await compare({
  candidates: [bare, hello(), http2],
  starts,
  seconds,
  unit: "call",
  async load(port, amount) {
    const { calls, seconds } = await load(port, { seconds: amount });
    return { units: calls, seconds };
  },
});
