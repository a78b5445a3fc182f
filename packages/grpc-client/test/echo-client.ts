import { EchoRequest, type EchoResponse, EchoService } from "@hello/testing/echo";
import {
  type CallOptions,
  ClientChannel,
  type ClientOptions,
  ServiceClient,
  type StreamOptions,
} from "../src/index.js";

type Requests = Iterable<EchoRequest> | AsyncIterable<EchoRequest>;

/**
 * Client of the Echo service, written like the client of a user of this package. By default, its calls have more time
 * than any machine needs.
 */
export class EchoClient extends ServiceClient {
  constructor(target: string | ClientChannel, options?: ClientOptions) {
    super(target, target instanceof ClientChannel ? options : { timeoutMs: 60_000, ...options });
  }

  async echo(value: string, options?: CallOptions): Promise<string> {
    const response = await this.unary(EchoService.unary, new EchoRequest().setValue(value), options);
    return response.getValue();
  }

  async *echoStream(value: string, count: number, options?: StreamOptions): AsyncGenerator<string> {
    const request = new EchoRequest().setValue(value).setCount(count);
    for await (const response of this.serverStream(EchoService.serverStream, request, options)) {
      yield response.getValue();
    }
  }

  async collect(requests: Requests, options?: StreamOptions): Promise<string> {
    const response = await this.clientStream(EchoService.clientStream, requests, options);
    return response.getValue();
  }

  chat(requests: Requests, options?: StreamOptions): AsyncGenerator<EchoResponse, void, undefined> {
    return this.bidiStream(EchoService.bidiStream, requests, options);
  }
}
