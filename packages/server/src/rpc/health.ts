import { type Server, type ServerWritableStream, status } from "@grpc/grpc-js";
import { type HealthCheckRequest, type HealthCheckResponse, HealthService, ServingStatus } from "@hello/proto";

/** The health of a server and of each of its services. */
export interface Health {
  /** How many clients watch. */
  readonly watches: number;
  /** Changes the health of the server and all its services, and tells who watches. */
  setServing(serving: boolean): void;
  /** Ends the calls of all who watch, and of those who still come. */
  endWatches(): void;
}

type Watch = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/**
 * Adds the standard health service to a server, NOT_SERVING at first: Check and List answer at once, Watch goes on
 * until the client cancels or {@link Health.endWatches}.
 *
 * @param services Full names of the services; the empty name, which stands for the server, comes on top.
 * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export function addHealth(server: Server, services: readonly string[]): Health {
  const names = ["", ...services];
  const watches = new Set<Watch>();
  let current: HealthCheckResponse = { status: ServingStatus.NOT_SERVING };
  let ended = false;
  server.addService(HealthService, {
    check({ request }: { request: HealthCheckRequest }, callback: (error: object | null, response?: object) => void) {
      if (names.includes(request.service)) {
        callback(null, current);
      } else {
        callback({ code: status.NOT_FOUND, details: "unknown service" });
      }
    },
    list(_call: unknown, callback: (error: null, response: object) => void) {
      callback(null, { statuses: new Map(names.map((name) => [name, current])) });
    },
    watch(call: Watch) {
      const known = names.includes(call.request.service);
      call.write(known ? current : { status: ServingStatus.SERVICE_UNKNOWN });
      if (ended) {
        call.end();
        return;
      }
      watches.add(call);
      call.on("cancelled", () => watches.delete(call));
    },
  });
  return {
    get watches() {
      return watches.size;
    },
    setServing(serving) {
      const status = serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
      if (status === current.status) {
        return;
      }
      current = { status };
      for (const watch of watches) {
        if (names.includes(watch.request.service)) {
          watch.write(current);
        }
      }
    },
    endWatches() {
      ended = true;
      for (const watch of watches) {
        watch.end();
      }
      watches.clear();
    },
  };
}
