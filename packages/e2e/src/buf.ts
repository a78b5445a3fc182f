import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Path of the script that starts buf. */
export const buf = join(dirname(createRequire(import.meta.url).resolve("@bufbuild/buf/package.json")), "bin", "buf");
