import { status } from "@grpc/grpc-js";
import { healthProtocol } from "@hello/grpc-common";
import type { ServerCall } from "../calls/server-call.js";
import { type BoundService, bindService } from "../calls/servicer.js";
import { StatusError } from "../calls/status-error.js";
import type { LazyService } from "./lazy-service.js";

/** Health that code can give a service. */
export type ServingStatus = "SERVING" | "NOT_SERVING";

/** Health of a server and of each of its services, as `grpc.health.v1` reports it. */
export interface Health {
  /**
   * Sets the health of one service, or with `""` that of the server as a whole. Takes effect while the server serves:
   * before that, and from the beginning of a shutdown, everything is NOT_SERVING. Default: SERVING.
   *
   * @throws TypeError if the server has no such service.
   */
  setStatus(service: string, status: ServingStatus): void;
}

/** Health of a server, with the parts for the server itself. */
export interface HealthState extends Health {
  /** Service that reports this health. */
  readonly service: LazyService;
  /** Number of clients that watch. */
  readonly watches: number;
  /** Lets the services have the health that was set for them, or makes all of them NOT_SERVING. */
  setServing(serving: boolean): void;
}

/**
 * Creates the health of a server, NOT_SERVING at first.
 *
 * @param services Full names of the services; the empty name, which stands for the server, is added.
 * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export function createHealth(services: readonly string[]): HealthState {
  const statuses = new Map<string, ServingStatus>(["", ...services].map((name) => [name, "SERVING"]));
  const waiting = new Set<() => void>();
  let serving = false;
  let watches = 0;

  const statusOf = (service: string): ServingStatus | undefined => {
    const status = statuses.get(service);
    return status === undefined || serving ? status : "NOT_SERVING";
  };
  const notify = () => {
    for (const wake of waiting) {
      wake();
    }
  };
  /** Waits until a status may have changed, or the call or the server ends. */
  const change = async ({ signal, draining }: ServerCall): Promise<void> => {
    if (signal.aborted || draining.aborted) {
      return;
    }
    await new Promise<void>((resolve) => {
      const wake = () => {
        waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        draining.removeEventListener("abort", wake);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener("abort", wake);
      draining.addEventListener("abort", wake);
    });
  };

  /** Binds the generated service: Check and List answer at once, Watch until the client cancels or the server drains. */
  function load(): BoundService {
    const { HealthCheckResponse, HealthListResponse, HealthService } = healthProtocol();
    const codes = HealthCheckResponse.ServingStatus;
    const response = (status: keyof typeof codes) => new HealthCheckResponse().setStatus(codes[status]);
    return bindService(HealthService, {
      check(request) {
        const current = statusOf(request.getService());
        if (current === undefined) {
          throw new StatusError(status.NOT_FOUND, "unknown service");
        }
        return response(current);
      },
      list() {
        const list = new HealthListResponse();
        for (const name of statuses.keys()) {
          list.getStatusesMap().set(name, response(statusOf(name) ?? "NOT_SERVING"));
        }
        return list;
      },
      async *watch(request, call) {
        watches++;
        try {
          for (let last: string | undefined; !call.signal.aborted; await change(call)) {
            const current = statusOf(request.getService()) ?? "SERVICE_UNKNOWN";
            if (current !== last) {
              yield response(current);
              last = current;
            }
            if (call.draining.aborted) {
              return;
            }
          }
        } finally {
          watches--;
        }
      },
    });
  }

  return {
    service: { name: "grpc.health.v1.Health", load },
    get watches() {
      return watches;
    },
    setStatus(service, status) {
      if (!statuses.has(service)) {
        throw new TypeError(
          `unknown service "${service}": the server has ${[...statuses.keys()].map((name) => `"${name}"`).join(", ")}`,
        );
      }
      if (status !== "SERVING" && status !== "NOT_SERVING") {
        throw new TypeError(`invalid status ${String(status)}: must be "SERVING" or "NOT_SERVING"`);
      }
      statuses.set(service, status);
      notify();
    },
    setServing(value) {
      serving = value;
      notify();
    },
  };
}
