import { type ChannelInterface, connectivityState, Metadata, status } from "@grpc/grpc-js";

/** The service of {@link probeMethod}. The service config of a client gives it no retries. */
export const probeService = "connectivity";

/** The method of a call that is made only to learn why there is no connection. No server ever sees it. */
const probeMethod = `/${probeService}/Probe`;

/**
 * Why a channel has no connection, as grpc-js says it, or `undefined` where it has one or is still at it. A channel
 * tells that only to a call, which it fails at once.
 */
export function connectionError(channel: ChannelInterface): Promise<string | undefined> {
  return new Promise((resolve) => {
    if (channel.getConnectivityState(false) !== connectivityState.TRANSIENT_FAILURE) {
      resolve(undefined);
      return;
    }
    const call = channel.createCall(probeMethod, Date.now() + 100, undefined, null, undefined);
    call.start(new Metadata(), {
      onReceiveMetadata() {},
      onReceiveMessage() {},
      onReceiveStatus: ({ code, details }) => resolve(code === status.UNAVAILABLE ? details : undefined),
    });
    call.halfClose();
  });
}
