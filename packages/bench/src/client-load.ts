/**
 * Makes calls at full speed, with 64 in flight, and prints calls per second and CPU time per call.
 *
 *     tsx src/client-load.ts stub|HelloClient <target> <seconds>
 */
import { credentials } from "@grpc/grpc-js";
import { HelloClient } from "@hello/client";
import { HelloRequest, HelloClient as Stub } from "@hello/proto";

const [kind = "", target = "", seconds = ""] = process.argv.slice(2);
const inFlight = 64;

function stubCall(): () => Promise<string> {
  const stub = new Stub(target, credentials.createInsecure());
  return () =>
    new Promise((resolve, reject) => {
      stub.hello(new HelloRequest().setValue("World"), (error, response) =>
        error === null ? resolve(response.getValue()) : reject(error),
      );
    });
}

function clientCall(): () => Promise<string> {
  const client = new HelloClient(target);
  return () => client.hello("World");
}

async function load(call: () => Promise<string>, ms: number): Promise<number> {
  const end = performance.now() + ms;
  let calls = 0;
  const caller = async () => {
    while (performance.now() < end) {
      await call();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return calls;
}

const call = kind === "stub" ? stubCall() : clientCall();
const ms = Number(seconds) * 1_000;
await load(call, Math.min(ms, 1_500));
const start = performance.now();
const cpu = process.cpuUsage();
const calls = await load(call, ms);
const { user, system } = process.cpuUsage(cpu);
const elapsedSeconds = (performance.now() - start) / 1_000;
console.log(JSON.stringify({ callsPerSecond: calls / elapsedSeconds, cpuMicrosPerCall: (user + system) / calls }));
process.exit(0);
