import { EventEmitter } from "node:events";

const requests = new EventEmitter().setMaxListeners(0);

/** Asks everything in this process that reads files to read them anew. */
export function requestReload(): void {
  requests.emit("reload");
}

/** Calls back whenever {@link requestReload} is called, until the returned function is called. */
export function onReload(callback: () => void): () => void {
  requests.on("reload", callback);
  return () => requests.off("reload", callback);
}
