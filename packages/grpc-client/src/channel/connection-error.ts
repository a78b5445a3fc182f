import { type ChannelInterface, connectivityState, Metadata, status } from "@grpc/grpc-js";

/** Service of the probe; the service config of every client gives it no retries. */
export const probeService = "connectivity";

/** Method called only to learn why there is no connection. No server ever sees it. */
const probeMethod = `/${probeService}/Probe`;

/**
 * Returns the reason why a channel has no connection, in the words of grpc-js, or `undefined` if it has one or is still
 * connecting. A channel reveals the reason only to a call, which then fails at once.
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
