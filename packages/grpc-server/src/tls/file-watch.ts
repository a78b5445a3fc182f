import { type FSWatcher, statSync, watch } from "node:fs";
import { dirname } from "node:path";
import { reasonOf } from "@hello/grpc-common";
import type { Logger } from "pino";
import { onReload } from "../process/reload.js";

/** Options of {@link watchFiles}. */
export interface FileWatchOptions {
  /** Interval at which to call back even if the system reports no change, in milliseconds. */
  readonly pollMs: number;
  readonly logger: Logger;
}

/**
 * Calls back at once, whenever the files may have changed, and every `pollMs`: some network file systems report no
 * changes, nor do folders behind a symbolic link. Never calls back while the last call still runs. Keeps no process
 * alive.
 */
export function watchFiles(
  paths: readonly string[],
  onCheck: () => Promise<void>,
  { pollMs, logger }: FileWatchOptions,
): { close(): void } {
  let checking = false;
  let changed = false;
  let closed = false;
  const onChange = async () => {
    changed = true;
    if (checking) {
      return;
    }
    checking = true;
    while (changed && !closed) {
      changed = false;
      await onCheck().catch((error: unknown) => logger.error({ err: error }, "checking watched files failed"));
    }
    checking = false;
  };
  // Watches folders: a file that is replaced is another file, and Kubernetes swaps the folder behind a link.
  const folders = new Set(paths.map((path) => dirname(path)));
  // A busy log beside the files must not have them read all the time.
  let lastState = stateOf(paths);
  const onEvent = () => {
    const state = stateOf(paths);
    if (state !== lastState) {
      lastState = state;
      void onChange();
    }
  };
  const watchers = [...folders].flatMap((folder) => watchFolder(folder, onEvent, { pollMs, logger }) ?? []);
  const stopReloading = onReload(onChange);
  const poll = setInterval(onChange, pollMs).unref();
  // A change before the watch began was not reported.
  void onChange();
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

/** Returns a text that changes with the files, be they behind any number of symbolic links. */
function stateOf(paths: readonly string[]): string {
  return paths.map(fileState).join();
}

function fileState(path: string): string {
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
