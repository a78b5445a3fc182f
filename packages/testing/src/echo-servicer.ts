import { setTimeout as delay } from "node:timers/promises";
import { type EchoRequest, EchoResponse } from "./echo.js";

/** Part of a server call that the handlers use. */
interface Call {
  readonly signal: AbortSignal;
}

/** Handlers of the Echo service in echo.proto. */
export const echoServicer = {
  async unary(request: EchoRequest, call: Call): Promise<EchoResponse> {
    await pause(request, call);
    return echo(request, 0);
  },

  async *serverStream(request: EchoRequest, call: Call): AsyncGenerator<EchoResponse> {
    for (let index = 0; index < request.getCount(); index++) {
      await pause(request, call);
      yield echo(request, index);
    }
  },

  async clientStream(requests: AsyncIterable<EchoRequest>): Promise<EchoResponse> {
    const values: string[] = [];
    for await (const request of requests) {
      values.push(request.getValue());
    }
    return new EchoResponse().setValue(values.join(" ")).setIndex(values.length);
  },

  async *bidiStream(requests: AsyncIterable<EchoRequest>, call: Call): AsyncGenerator<EchoResponse> {
    let index = 0;
    for await (const request of requests) {
      await pause(request, call);
      yield echo(request, index++);
    }
  },
};

function echo(request: EchoRequest, index: number): EchoResponse {
  return new EchoResponse().setValue(request.getValue()).setIndex(index).setPayload(request.getPayload());
}

async function pause(request: EchoRequest, { signal }: Call): Promise<void> {
  if (request.getDelayMs() > 0) {
    await delay(request.getDelayMs(), undefined, { signal });
  }
}
