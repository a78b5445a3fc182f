import type { ChannelInterface } from "@grpc/grpc-js";

type Call = ReturnType<ChannelInterface["createCall"]>;

/** Private parts of the call in which grpc-js buffers requests for retries. */
interface RetryingCall {
  handleChildWriteCompleted(attempt: number, index: number): void;
}

/**
 * Calls back with the index of each request that has been written, which grpc-js only tells of those that do not fit in
 * its retry buffer. An index may come again when a request is written again.
 *
 * @param call Call that has taken a request.
 * @returns False if grpc-js does not have the part that this needs.
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
