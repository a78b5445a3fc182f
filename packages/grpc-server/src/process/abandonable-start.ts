import type { Lifecycle } from "../lifecycle.js";

/**
 * Wraps a lifecycle so that a shutdown does not wait for a start in progress, which may be waiting for a name server.
 * Use it only in a process that exits afterwards: whatever the start has opened stays open.
 */
export function withAbandonableStart<Started>(server: Lifecycle<Started>): Lifecycle<Started> {
  let isStarting = false;
  return {
    async start() {
      isStarting = true;
      const started = await server.start();
      isStarting = false;
      return started;
    },
    async shutdown() {
      const stopped = server.shutdown();
      if (!isStarting) {
        await stopped;
      }
    },
  };
}
