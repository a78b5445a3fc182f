import { readFileSync } from "node:fs";

/** Returns the maximum number of open files of this process, or infinity if the system does not report it. */
export function readOpenFileLimit(): number {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    // Only Linux has the file.
    return Number.POSITIVE_INFINITY;
  }
}
