import { once } from "node:events";
import type { ServingStatus } from "../calls/health.js";
import type { ServiceClient } from "../service-client.js";
import type { ProgramContext } from "./program-context.js";

/**
 * Prints the health of a service, once or at every change. Resolves with false if the service is not serving.
 *
 * @throws RpcError if the call fails.
 */
export async function printHealth(
  client: ServiceClient,
  service: string,
  { callOptions, json, output, watch }: ProgramContext & { readonly watch: boolean },
): Promise<boolean> {
  const format = (status: ServingStatus) => `${json ? JSON.stringify({ service, status }) : status}\n`;
  if (!watch) {
    const status = await client.checkHealth(service, callOptions);
    output.write(format(status));
    return status === "SERVING";
  }
  for await (const status of client.watchHealth(service, callOptions)) {
    if (!output.write(format(status))) {
      await once(output, "drain");
    }
  }
  return true;
}
