import { once } from "node:events";
import { Client, type ClientReadableStream, credentials } from "@grpc/grpc-js";
import { loadHealthProtocol } from "@hello/grpc-common";

const { HealthCheckRequest, HealthCheckResponse, HealthService } = loadHealthProtocol();
type Response = InstanceType<typeof HealthCheckResponse>;

const statusNames = Object.keys(HealthCheckResponse.ServingStatus);

/** Watch of the health of a server. */
export interface HealthWatch extends Disposable {
  /** Resolves when the call has ended, with all received statuses of health and the status code of the call. */
  readonly ended: Promise<{ readonly received: readonly string[]; readonly code: number }>;
  /** Resolves with the next status. */
  next(): Promise<string>;
}

/** Watches the health of a server over a new connection. Resolves once the first status has arrived. */
export async function watchHealth(address: string): Promise<HealthWatch> {
  const client = new Client(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  const { path, requestSerialize, responseDeserialize } = HealthService.watch;
  const stream: ClientReadableStream<Response> = client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    new HealthCheckRequest(),
  );
  const nameOf = (response: Response) => statusNames[response.getStatus()] ?? "";
  const received: string[] = [];
  stream.on("data", (response: Response) => received.push(nameOf(response)));
  const ended = once(stream, "status").then(([{ code }]) => ({ received, code }));
  const next = async () => {
    const [response] = (await once(stream, "data")) as [Response];
    return nameOf(response);
  };
  await next();
  return { ended, next, [Symbol.dispose]: () => client.close() };
}
