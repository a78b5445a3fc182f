import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { start } from "@hello/testing/program";

/** Program that allocates 32 KiB for each stream, and prints the used heap size at the end. */
const program = `
  const { createServer } = require("node:http2");
  const { releaseStreams } = require(${JSON.stringify(fileURLToPath(new URL("open-streams.ts", import.meta.url)))});
  const server = createServer().on("session", process.argv[1] === "release" ? releaseStreams : () => {});
  let streams = 0;
  server.on("stream", (stream) => {
    stream.ballast = new Array(4_096).fill(stream.id);
    setImmediate(() => stream.respond({}, { endStream: true }));
    streams++;
    // Moves the objects of the connection to the old generation. After that, only the young generation is collected.
    if (streams === 20) {
      gc();
    } else if (streams % 100 === 0) {
      gc({ type: "minor" });
    }
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
  process.stdin.resume().on("end", () => {
    gc({ type: "minor" });
    console.log(process.memoryUsage().heapUsed);
    process.exit();
  });
`;

/** Returns the used heap size in bytes after 3,200 streams, of which 16 are open at a time. */
async function bytesAfterStreams(mode: "default" | "release"): Promise<number> {
  // A heap of this size is never collected as a whole.
  const flags = ["--initial-heap-size=1024", "--expose-gc", "--require=tsx/cjs"];
  const server = start([process.execPath, ...flags, "--eval", program, mode]);
  const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
  const session = connect(`http://127.0.0.1:${(await lines.next()).value}`);
  const openStreams = async () => {
    for (let count = 0; count < 200; count++) {
      await once(session.request().resume(), "close");
    }
  };
  await Promise.all(Array.from({ length: 16 }, openStreams));
  session.close();
  server.stdin.end();
  return Number((await lines.next()).value);
}

// On Node 24 and later, a heap that is never collected as a whole keeps every stream for another reason.
if (Number.parseInt(process.versions.node, 10) < 24) {
  test("releases ended streams without a full garbage collection", async (t) => {
    const retained = await bytesAfterStreams("default");
    const released = await bytesAfterStreams("release");
    t.diagnostic(`${Math.round(retained / 1e6)} MB by default, ${Math.round(released / 1e6)} MB with streams released`);
    assert.ok(released < retained / 4);
  });
}
