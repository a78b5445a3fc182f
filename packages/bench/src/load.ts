import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { HelloRequest, HelloService } from "@hello/proto";
import { run } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";

const h2load = requires("h2load");
if (h2load.skip) {
  console.error(h2load.skip);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), "hello-bench-"));
process.once("exit", () => rmSync(folder, { recursive: true }));
const requestFile = join(folder, "request");
const message = HelloService.hello.requestSerialize(new HelloRequest().setValue("World"));
const frame = Buffer.alloc(5 + message.length);
frame.writeUInt32BE(message.length, 1);
message.copy(frame, 5);
writeFileSync(requestFile, frame);

/**
 * Asks a server for greetings with h2load, which has the last core to itself: 4 connections with 32 calls in flight each.
 * Resolves with how many calls there were.
 *
 * @throws Error with what h2load printed where a call fails.
 */
export async function load(
  port: number,
  amount: { readonly seconds: number } | { readonly calls: number },
): Promise<number> {
  const { stdout, stderr } = await run([
    ...(["taskset", "-c", String(availableParallelism() - 1)] as const),
    h2load.program,
    ...["--clients=4", "--max-concurrent-streams=32", `--data=${requestFile}`],
    "seconds" in amount ? `--duration=${amount.seconds}` : `--requests=${amount.calls}`,
    ...["--header=content-type: application/grpc", "--header=te: trailers"],
    `http://127.0.0.1:${port}${HelloService.hello.path}`,
  ]);
  const calls = Number(/(\d+) succeeded/.exec(stdout)?.[1]);
  const failed = Number(/(\d+) failed/.exec(stdout)?.[1]);
  if (!(calls > 0) || failed > 0) {
    throw new Error(`h2load: ${stdout}${stderr}`);
  }
  return calls;
}
