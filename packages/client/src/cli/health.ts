import { once } from "node:events";
import type { Writable } from "node:stream";
import type { HelloClient } from "../hello-client.js";
import type { ServingStatus } from "../rpc/health.js";
import type { Connection } from "./command-line.js";

/** What is asked about health, and where the answer goes. */
export interface HealthRequest extends Pick<Connection, "call" | "json"> {
  /** The empty name is the server as a whole. */
  readonly service: string;
  readonly output: Writable;
}

/**
 * Prints whether a service serves, and resolves with whether it does.
 *
 * @throws RpcError where the call fails, as where the server does not know the service.
 */
export async function printHealth(client: HelloClient, request: HealthRequest): Promise<boolean> {
  const status = await client.check(request.service, request.call);
  request.output.write(line(status, request));
  return status === "SERVING";
}

/**
 * Prints whether a service serves, now and at every change.
 *
 * @throws RpcError where the call fails, as when the server ends.
 */
export async function printHealthChanges(client: HelloClient, request: HealthRequest): Promise<void> {
  for await (const status of client.watch(request.service, request.call)) {
    if (!request.output.write(line(status, request))) {
      await once(request.output, "drain");
    }
  }
}

function line(status: ServingStatus, { service, json }: HealthRequest): string {
  return `${json ? JSON.stringify({ service, status }) : status}\n`;
}
