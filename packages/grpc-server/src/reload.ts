import { EventEmitter } from "node:events";

const requests = new EventEmitter().setMaxListeners(0);

/** Requests that every part of this process that reads files reloads them. */
export function requestReload(): void {
  requests.emit("reload");
}

/** Calls `callback` on every {@link requestReload}, until the returned function is called. */
export function onReload(callback: () => void): () => void {
  requests.on("reload", callback);
  return () => requests.off("reload", callback);
}
