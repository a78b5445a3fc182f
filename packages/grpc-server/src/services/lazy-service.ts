import type { Server } from "@grpc/grpc-js";
import { parseMethodPath } from "@hello/grpc-common";
import { addFallback, getHandler } from "../calls/handler-map.js";
import type { BoundService } from "../calls/servicer.js";

/** Service that is loaded when the first call for it arrives. */
export interface LazyService {
  /** Full name, like `package.Service`. */
  readonly name: string;
  load(): BoundService;
}

/** Makes a server add each service when the first call for it arrives. */
export function addLazyServices(
  server: Server,
  services: readonly LazyService[],
  add: (service: BoundService) => void,
): void {
  const notLoaded = new Map(services.map((service) => [service.name, service]));
  addFallback(server, (path) => {
    const { service: name } = parseMethodPath(path);
    const service = notLoaded.get(name);
    if (service === undefined) {
      return undefined;
    }
    notLoaded.delete(name);
    add(service.load());
    return getHandler(server, path);
  });
}
