import { type FSWatcher, statSync, watch } from "node:fs";
import { dirname } from "node:path";
import { reasonOf } from "@hello/grpc-common";
import type { Logger } from "pino";
import { onReload } from "../reload.js";

/** Options of {@link watchFiles}. */
export interface FileWatchOptions {
  /** Interval between checks if the system reports no change, in milliseconds. */
  readonly pollMs: number;
  readonly logger: Logger;
}

/**
 * Calls `onCheck` at once, whenever the files may have changed, and every `pollMs`: some network file systems and
 * folders behind a symbolic link report no changes. Never calls it while the previous call is running. Does not keep
 * the process alive.
 */
export function watchFiles(
  paths: readonly string[],
  onCheck: () => Promise<void>,
  { pollMs, logger }: FileWatchOptions,
): { close(): void } {
  let checking = false;
  let checkRequested = false;
  let closed = false;
  const requestCheck = async () => {
    checkRequested = true;
    if (checking) {
      return;
    }
    checking = true;
    while (checkRequested && !closed) {
      checkRequested = false;
      await onCheck().catch((error: unknown) => logger.error({ err: error }, "failed to check watched files"));
    }
    checking = false;
  };
  // Watches folders, because a replaced file is a different file, and Kubernetes swaps the folder behind a link.
  const folders = new Set(paths.map((path) => dirname(path)));
  // A busy log in the same folder must not cause constant checks.
  let lastState = stateOf(paths);
  const onEvent = () => {
    const state = stateOf(paths);
    if (state !== lastState) {
      lastState = state;
      void requestCheck();
    }
  };
  const watchers = [...folders].flatMap((folder) => watchFolder(folder, onEvent, { pollMs, logger }) ?? []);
  const stopReloading = onReload(requestCheck);
  const poll = setInterval(requestCheck, pollMs).unref();
  // Changes before the start of the watch were not reported.
  void requestCheck();
  return {
    close() {
      closed = true;
      stopReloading();
      clearInterval(poll);
      for (const watcher of watchers) {
        watcher.close();
      }
    },
  };
}

/** Returns a string that changes whenever a file changes, even behind symbolic links. */
function stateOf(paths: readonly string[]): string {
  return paths.map(stateOfFile).join();
}

function stateOfFile(path: string): string {
  try {
    const { dev, ino, size, ctimeNs } = statSync(path, { bigint: true });
    return `${dev} ${ino} ${size} ${ctimeNs}`;
  } catch (error) {
    return reasonOf(error);
  }
}

function watchFolder(folder: string, onEvent: () => void, { pollMs, logger }: FileWatchOptions): FSWatcher | undefined {
  const onError = (error: unknown) =>
    logger.warn({ err: error, folder, pollMs }, "cannot watch a folder: polling its files instead");
  try {
    return watch(folder, { persistent: false }, onEvent).on("error", onError);
  } catch (error) {
    onError(error);
    return undefined;
  }
}
