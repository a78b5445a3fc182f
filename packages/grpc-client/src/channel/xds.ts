import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { reasonOf } from "@hello/grpc-common";

/**
 * Loads @grpc/grpc-js-xds if it is installed, which registers the scheme `xds:` with its copy of grpc-js. Returns the
 * error to report if the scheme is still unknown to the copy used here.
 */
export function registerXds(): string {
  // Not imported, because a bundle may declare its own `createRequire`. A CommonJS bundle has no `import.meta.url`.
  const { createRequire } = process.getBuiltinModule("node:module");
  const require = createRequire(import.meta.url ?? pathToFileURL(process.argv[1] ?? "."));
  try {
    const path = require.resolve("@grpc/grpc-js-xds");
    require(path).register();
    const grpcJs = createRequire(path).resolve("@grpc/grpc-js/package.json");
    const { version } = require(grpcJs) as { version: string };
    return `@grpc/grpc-js-xds uses another copy of @grpc/grpc-js, ${version} in ${dirname(grpcJs)}; install one for both`;
  } catch (error) {
    return `xds needs the package @grpc/grpc-js-xds, which cannot be loaded: ${reasonOf(error).split("\n", 1)}`;
  }
}
