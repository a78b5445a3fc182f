import { type ChannelInterface, connectivityState, Metadata, status } from "@grpc/grpc-js";
import { probeService } from "../service-config/service-config.js";

/** Method of the probe call, which finds out why there is no connection. It never reaches a server. */
const probeMethod = `/${probeService}/Probe`;

/**
 * Returns the error message of grpc-js if a channel has failed to connect, or `undefined` if it is connected or still
 * connecting. grpc-js reports the error only to a call, which fails at once in this state.
 */
export function findConnectionError(channel: ChannelInterface): Promise<string | undefined> {
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
