import type { Server } from "@grpc/grpc-js";
import type { Logger } from "pino";

/** Lets calls finish, cancels what is left when the grace time is over, and resolves when all are gone. */
export async function shutdown(server: Server, graceMs: number, logger: Logger): Promise<void> {
  logger.info({ shutdownGraceMs: graceMs }, "shutting down: no new calls, waiting for those in flight");
  const deadline = setTimeout(() => {
    logger.warn("the grace time is over: cancelling the calls in flight");
    server.forceShutdown();
  }, graceMs);
  await new Promise<void>((resolve, reject) => {
    server.tryShutdown((error) => (error === undefined ? resolve() : reject(error)));
  });
  clearTimeout(deadline);
  logger.info("stopped");
}
