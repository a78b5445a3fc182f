import type { ChannelInterface } from "@grpc/grpc-js";

type Call = ReturnType<ChannelInterface["createCall"]>;

/** Private part of the call in which grpc-js buffers requests for retries. */
interface RetryingCall {
  handleChildWriteCompleted(attempt: number, index: number): void;
}

/**
 * Calls back with the index of each written request. grpc-js itself reports only requests that do not fit in its retry
 * buffer. A request that is written again for a retry is reported again.
 *
 * @param call Call that has accepted a request.
 * @returns False if this version of grpc-js lacks the private method that reports written requests.
 */
export function onWritten(call: Call, listener: (index: number) => void): boolean {
  const retrying: RetryingCall | undefined = Reflect.get(call, "child");
  const handleWritten = retrying?.handleChildWriteCompleted;
  if (retrying === undefined || handleWritten === undefined) {
    return false;
  }
  retrying.handleChildWriteCompleted = (attempt, index) => {
    handleWritten.call(retrying, attempt, index);
    listener(index);
  };
  return true;
}
