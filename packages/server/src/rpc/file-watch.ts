import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import type { Logger } from "pino";

/** How {@link watchFiles} goes about it. */
export interface FileWatchOptions {
  /** How often to look though the system has told of no change. */
  readonly pollMs: number;
  readonly logger: Logger;
}

/**
 * Calls `look` at once, whenever the files may have changed, and every `pollMs` besides: the system tells of no change
 * on some network file systems, nor behind a symbolic link that leads out of the folder. Never calls it while it still
 * runs. Keeps no process alive.
 */
export function watchFiles(
  paths: readonly string[],
  look: () => Promise<void>,
  { pollMs, logger }: FileWatchOptions,
): { close(): void } {
  let looking = false;
  let changed = false;
  let closed = false;
  const onChange = async () => {
    changed = true;
    if (looking) {
      return;
    }
    looking = true;
    while (changed && !closed) {
      changed = false;
      await look().catch((error: unknown) => logger.error({ err: error }, "looking at watched files failed"));
    }
    looking = false;
  };
  // A file that is replaced is another file, and Kubernetes swaps the folder behind a link: only the folder tells.
  const folders = new Set(paths.map((path) => dirname(path)));
  const watchers = [...folders].flatMap((folder) => watchFolder(folder, onChange, { pollMs, logger }) ?? []);
  const poll = setInterval(onChange, pollMs).unref();
  // What changed before the watch began was not told.
  void onChange();
  return {
    close() {
      closed = true;
      clearInterval(poll);
      for (const watcher of watchers) {
        watcher.close();
      }
    },
  };
}

function watchFolder(
  folder: string,
  onChange: () => void,
  { pollMs, logger }: FileWatchOptions,
): FSWatcher | undefined {
  const onError = (error: unknown) =>
    logger.warn({ err: error, folder, pollMs }, "cannot watch a folder: looking at its files now and then instead");
  try {
    return watch(folder, { persistent: false }, onChange).on("error", onError);
  } catch (error) {
    onError(error);
    return undefined;
  }
}
