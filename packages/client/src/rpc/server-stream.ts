import { connectivityState, type Metadata, type MethodDefinition, type StatusObject, status } from "@grpc/grpc-js";
import { observeCall } from "../telemetry/observed-call.js";
import { attemptCredentials } from "./bearer-token.js";
import type { CallOptions } from "./call-options.js";
import type { Caller } from "./caller.js";
import type { Circumstances } from "./explain.js";
import { attemptsAt, failure } from "./failure.js";
import { offAbort, onAbort } from "./on-abort.js";
import { callMetadata } from "./open-call.js";
import { cannotDecode, receivedStatus } from "./received-status.js";

/** How a stream of responses is asked for. */
export interface StreamOptions extends Omit<CallOptions, "parent" | "timeoutMs"> {
  /**
   * How long the first response may take, in milliseconds; then the call fails with DEADLINE_EXCEEDED. After the first
   * there is no limit. Default: the client's, which is 5,000.
   */
  readonly timeoutMs?: number;
}

/**
 * Makes a call with one request and many responses, and yields these as they come. It begins with the first `next()`
 * and is cancelled when the loop over it ends.
 *
 * @throws RpcError where it fails, for whatever reason; TypeError where the options cannot be.
 */
export async function* serverStream<Request, Response>(
  caller: Caller,
  method: MethodDefinition<Request, Response>,
  request: Request,
  { timeoutMs = caller.timeoutMs, signal, ...options }: StreamOptions,
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

  const sent = callMetadata(caller, options);
  const message = method.requestSerialize(request);
  const channel = caller.channelFor(method.path);
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
  const timer = setTimeout(() => {
    const isConnected = channel.getConnectivityState(false) === connectivityState.READY;
    // As grpc-js puts it when a deadline of its own ends a call.
    const details = `Deadline exceeded after ${timeoutMs} ms${isConnected ? ",remote_addr=the server" : ""}`;
    call.cancelWithStatus(status.DEADLINE_EXCEEDED, details);
  }, timeoutMs);

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
      } else if (event !== undefined && event.code !== status.OK) {
        const { target } = caller;
        const { path } = method;
        throw await failure({ target, method: path, channel, timeoutMs, status: event, metadata, progress, cause });
      } else {
        return;
      }
    }
  } finally {
    clearTimeout(timer);
    if (signal !== undefined) {
      offAbort(signal, canceller);
    }
    call.cancelWithStatus(status.CANCELLED, "nobody listens any more");
  }
}
