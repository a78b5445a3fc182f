import { connectivityState, type Metadata, type MethodDefinition, type StatusObject, status } from "@grpc/grpc-js";
import { observeCall } from "../telemetry/observed-call.js";
import { attemptCredentials } from "./bearer-token.js";
import type { CallOptions } from "./call-options.js";
import type { Caller } from "./caller.js";
import type { Circumstances } from "./explain.js";
import { attemptsAt, failure } from "./failure.js";
import { offAbort, onAbort } from "./on-abort.js";
import { callMetadata, limitFor } from "./open-call.js";
import { cannotDecode, receivedStatus } from "./received-status.js";

/** How a stream of responses is asked for. */
export interface StreamOptions extends Omit<CallOptions, "parent" | "timeoutMs"> {
  /**
   * How long the first response may take, in milliseconds; then the call fails with DEADLINE_EXCEEDED. After the first
   * there is no limit. Default: the client's, which is 5,000.
   */
  readonly timeoutMs?: number;
}

/** What is needed of a method. */
type StreamMethod<Request, Response> = Pick<
  MethodDefinition<Request, Response>,
  "path" | "requestSerialize" | "responseDeserialize"
>;

/**
 * Makes a call with one request and many responses, and yields these as they come. It begins with the first `next()`,
 * and ends when the loop over it does, or the client is closed.
 *
 * @throws RpcError where it fails, for whatever reason; TypeError where the options cannot be.
 */
export function serverStream<Request, Response>(
  caller: Caller,
  method: StreamMethod<Request, Response>,
  request: Request,
  options: StreamOptions,
): AsyncGenerator<Response, void, undefined> {
  const ending = { end() {} };
  const responses = receiveAll(caller, method, request, options, ending);
  const finish = responses.return.bind(responses);
  return Object.assign(responses, {
    // A generator by itself would first wait for the response that is asked for.
    return() {
      ending.end();
      return finish();
    },
  });
}

async function* receiveAll<Request, Response>(
  caller: Caller,
  method: StreamMethod<Request, Response>,
  request: Request,
  { timeoutMs = caller.timeoutMs, signal, ...options }: StreamOptions,
  ending: { end(): void },
): AsyncGenerator<Response, void, undefined> {
  const events: (Buffer | StatusObject)[] = [];
  let metadata: Metadata | undefined;
  let receivedBytes = 0;
  let cause: unknown;
  let progress: Circumstances["progress"] = "sent";
  let wake = () => {};
  const receive = (event: Buffer | StatusObject) => {
    events.push(event);
    wake();
  };

  const limitMs = limitFor(caller, { timeoutMs });
  const sent = callMetadata(caller, options);
  const message = method.requestSerialize(request);
  const channel = caller.channelFor(method.path);
  const startedAt = Date.now();
  let lastsMs = limitMs;
  const observed = observeCall(method.path, caller.canonicalTarget, message.length);
  const call = channel.createCall(method.path, Number.POSITIVE_INFINITY, undefined, null, undefined);
  call.setCredentials(
    attemptCredentials(caller.token, {
      onAttempt() {
        observed?.attemptStarted();
        progress = caller.token === undefined ? "sent" : "token";
      },
      onToken() {
        progress = "sent";
        cause = undefined;
      },
      onTokenError(error) {
        cause = error;
      },
    }),
  );
  const canceller = {
    onAbort(reason: unknown) {
      cause = reason;
      call.cancelWithStatus(status.CANCELLED, "the call was cancelled");
    },
  };
  call.start(observed?.propagate(sent) ?? sent, {
    onReceiveMetadata(received) {
      progress = "metadata";
      metadata = received;
    },
    onReceiveMessage(message: Buffer) {
      progress = "message";
      lastsMs = Number.POSITIVE_INFINITY;
      receivedBytes += message.length;
      receive(message);
    },
    onReceiveStatus(grpcStatus) {
      const received = receivedStatus(grpcStatus);
      observed?.attemptsEnded(received, attemptsAt(received, metadata), receivedBytes);
      observed?.end(received);
      receive(received);
    },
  });
  call.sendMessageWithContext({}, message);
  call.halfClose();
  if (signal?.aborted) {
    canceller.onAbort(signal.reason);
  } else if (signal !== undefined) {
    onAbort(signal, canceller);
  }
  const giveUp = () => {
    const isConnected = channel.getConnectivityState(false) === connectivityState.READY;
    // As grpc-js puts it when a deadline of its own ends a call.
    const details = `Deadline exceeded after ${limitMs} ms${isConnected ? ",remote_addr=the server" : ""}`;
    call.cancelWithStatus(status.DEADLINE_EXCEEDED, details);
  };
  const timer = limitMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(giveUp, limitMs);
  let isLeft = false;
  const end = () => {
    isLeft = true;
    call.cancelWithStatus(status.CANCELLED, "nobody listens any more");
  };
  ending.end = end;
  caller.streams.add(end);

  try {
    for (;;) {
      call.startRead();
      while (events.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      clearTimeout(timer);
      const event = events.shift();
      if (Buffer.isBuffer(event)) {
        let response: Response;
        try {
          response = method.responseDeserialize(event);
        } catch (error) {
          cause = error;
          call.cancelWithStatus(status.INTERNAL, cannotDecode(error));
          continue;
        }
        yield response;
      } else if (isLeft || event === undefined || event.code === status.OK) {
        return;
      } else {
        const { target } = caller;
        const call = {
          target,
          method: method.path,
          channel,
          startedAt,
          timeoutMs: caller.limitFor(method.path, lastsMs),
        };
        throw await failure({ ...call, status: event, metadata, progress, cause });
      }
    }
  } finally {
    clearTimeout(timer);
    if (signal !== undefined) {
      offAbort(signal, canceller);
    }
    caller.streams.delete(end);
    end();
  }
}
