/**
 * Retries: a call that fails with UNAVAILABLE is made again, up to four times in all. Other failures are final.
 *
 * Run with `pnpm --filter examples start retries`.
 */
import { status } from "@grpc/grpc-js";
import { HelloClient, RpcError } from "@hello/client";
import { bindService, createServer, type Servicer, StatusError } from "@hello/grpc-server";
import { HelloResponse, HelloService } from "@hello/proto";

let failures = 0;

const servicer: Servicer<typeof HelloService> = {
  hello(request, call) {
    const [retries = "0"] = call.metadata.get("grpc-previous-rpc-attempts");
    if (failures > 0) {
      failures--;
      console.log(`server: retry ${retries} fails`);
      throw new StatusError(status.UNAVAILABLE, "the database is restarting");
    }
    console.log(`server: retry ${retries} succeeds`);
    return new HelloResponse().setValue(`Hello ${request.getValue()}`);
  },
};

function report(error: unknown): void {
  if (!(error instanceof RpcError)) {
    throw error;
  }
  console.log(`client: ${error.status} after ${error.attempts} attempts`);
}

const server = createServer({ addresses: ["127.0.0.1:0"], services: [bindService(HelloService, servicer)] });
const [address = ""] = await server.start();
await using client = new HelloClient(address, { retry: { initialBackoffMs: 10, maxAttempts: 4 } });

failures = 2;
console.log(`client: ${await client.hello("Ada")}`);

failures = 4;
await client.hello("Grace").catch(report);

// A call that must not run twice is better made without retries.
await using impatient = new HelloClient(address, { retry: false });
failures = 1;
await impatient.hello("Alan").catch(report);

await server.shutdown();
