import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Path of the script that starts tsc. */
export const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
