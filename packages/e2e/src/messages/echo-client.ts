import { type CallOptions, type Method, ServiceClient, type StreamOptions } from "@hello/grpc-client";
import { type EchoRequest, EchoService } from "@hello/testing/echo";

/** Client of the Echo service whose arguments no type checks. */
export class EchoClient extends ServiceClient {
  echo(request: unknown, options?: object): Promise<unknown> {
    return this.unary(EchoService.unary, request as EchoRequest, options as CallOptions);
  }

  async echoStream(request: unknown, options?: object): Promise<void> {
    await readAll(this.serverStream(EchoService.serverStream, request as EchoRequest, options as StreamOptions));
  }

  collect(requests: unknown, options?: object): Promise<unknown> {
    return this.clientStream(EchoService.clientStream, requests as EchoRequest[], options as StreamOptions);
  }

  async chat(requests: unknown, options?: object): Promise<void> {
    await readAll(this.bidiStream(EchoService.bidiStream, requests as EchoRequest[], options as StreamOptions));
  }

  /** Makes a unary call of any method. */
  call<Request>(method: Method<Request, unknown>, request: Request): Promise<unknown> {
    return this.unary(method, request);
  }
}

async function readAll(responses: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of responses) {
    // Only the end matters.
  }
}
