import { readFileSync } from "node:fs";

/** Returns how many files this process may have open, or infinity where the system does not say. */
export function openFileLimit(): number {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    // Only Linux has the file.
    return Number.POSITIVE_INFINITY;
  }
}
