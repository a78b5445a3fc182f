/**
 * Retries: the client retries a call that fails with UNAVAILABLE, with four attempts at most. Other errors are final.
 *
 * Run with `pnpm --filter examples start retries`.
 */
import { HelloClient, RpcError } from "@hello/client";
import { bindService, createServer, type Servicer, StatusError, status } from "@hello/grpc-server";
import { HelloResponse, HelloService } from "@hello/proto";

let failures = 0;

const servicer: Servicer<typeof HelloService> = {
  hello(request, call) {
    const [previousAttempts = "0"] = call.metadata.get("grpc-previous-rpc-attempts");
    const attempt = Number(previousAttempts) + 1;
    if (failures > 0) {
      failures--;
      console.log(`server: attempt ${attempt} fails`);
      throw new StatusError(status.UNAVAILABLE, "the database is restarting");
    }
    console.log(`server: attempt ${attempt} succeeds`);
    return new HelloResponse().setValue(`Hello ${request.getValue()}`);
  },
};

function report(error: unknown): void {
  if (!(error instanceof RpcError)) {
    throw error;
  }
  console.log(`client: ${error.status}, attempts: ${error.attempts}`);
}

await using server = createServer({ addresses: ["127.0.0.1:0"], services: [bindService(HelloService, servicer)] });
const [address = ""] = await server.start();
await using client = new HelloClient(address, { retry: { initialBackoffMs: 10, maxAttempts: 4 } });

failures = 2;
console.log(`client: ${await client.hello("Ada")}`);

failures = 4;
await client.hello("Grace").catch(report);

// Disable retries for calls that must not run twice.
await using clientWithoutRetries = new HelloClient(address, { retry: false });
failures = 1;
await clientWithoutRetries.hello("Alan").catch(report);
