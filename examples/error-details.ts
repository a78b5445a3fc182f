/**
 * Error details: an error carries messages of `google.rpc`, so that a program can handle it without parsing its text.
 *
 * Run with `pnpm --filter examples start error-details`.
 */
import { HelloClient, RpcError } from "@hello/client";
import {
  badRequest,
  bindService,
  createServer,
  errorInfo,
  type Servicer,
  StatusError,
  status,
} from "@hello/grpc-server";
import { HelloService } from "@hello/proto";

const servicer: Servicer<typeof HelloService> = {
  hello(request) {
    const name = request.getValue();
    if (name === "") {
      throw badRequest({ field: "value", description: "must not be empty" });
    }
    if (name === "Mallory") {
      const info = errorInfo({ reason: "ACCOUNT_LOCKED", domain: "acme.example", metadata: { name } });
      throw new StatusError(status.FAILED_PRECONDITION, "the account is locked", { richDetails: [info] });
    }
    // Clients do not see the message of any other error.
    throw new Error("cannot reach db.internal.example");
  },
};

await using server = createServer({ addresses: ["127.0.0.1:0"], services: [bindService(HelloService, servicer)] });
const [address = ""] = await server.start();
await using client = new HelloClient(address);

for (const name of ["", "Mallory", "Ada"]) {
  try {
    await client.hello(name);
  } catch (error) {
    if (!(error instanceof RpcError)) {
      throw error;
    }
    console.log(`${error.status}: ${error.details}`);
    for (const detail of error.errorDetails) {
      if (detail.type === "google.rpc.BadRequest") {
        console.log("  invalid fields:", ...detail.fieldViolations.map(({ field }) => field));
      } else if (detail.type === "google.rpc.ErrorInfo") {
        console.log("  reason:", detail.reason, detail.metadata);
      }
    }
  }
}
