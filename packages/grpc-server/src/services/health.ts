import { status } from "@grpc/grpc-js";
import { formatValue, loadHealthProtocol } from "@hello/grpc-common";
import type { ServerCall } from "../calls/server-call.js";
import { type BoundService, bindService } from "../calls/servicer.js";
import { StatusError } from "../calls/status-error.js";
import type { LazyService } from "./lazy-service.js";

/** Health that can be set for a service. */
export type ServingStatus = "SERVING" | "NOT_SERVING";

/** Health of a server and of each of its services, as `grpc.health.v1` reports it. */
export interface Health {
  /**
   * Sets the health of a service, or with `""` that of the whole server. Default: SERVING. Before the server has
   * started, and from the beginning of a shutdown, health is NOT_SERVING for all services.
   *
   * @throws TypeError if the server has no such service.
   */
  setStatus(service: string, status: ServingStatus): void;
}

/** Health of a server, with the members that the server itself uses. */
export interface HealthState extends Health {
  /** Service that reports this health. */
  readonly service: LazyService;
  /** Number of watches in progress. */
  readonly watches: number;
  /** Switches all services between the health that was set for them (true) and NOT_SERVING (false). */
  setServing(serving: boolean): void;
}

/**
 * Creates the health of a server, which is NOT_SERVING until {@link HealthState.setServing} is called.
 *
 * @param services Full names of the services. The empty name, which means the whole server, is added.
 * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export function createHealth(services: readonly string[]): HealthState {
  const statuses = new Map<string, ServingStatus>(["", ...services].map((name) => [name, "SERVING"]));
  const waiters = new Set<() => void>();
  let serving = false;
  let watches = 0;

  const statusOf = (service: string): ServingStatus | undefined => {
    const status = statuses.get(service);
    return status === undefined || serving ? status : "NOT_SERVING";
  };
  const notify = () => {
    for (const wake of waiters) {
      wake();
    }
  };
  /** Waits until a status may have changed, the call ends, or the server drains. */
  const waitForChange = async ({ signal, draining }: ServerCall): Promise<void> => {
    if (signal.aborted || draining.aborted) {
      return;
    }
    await new Promise<void>((resolve) => {
      const wake = () => {
        waiters.delete(wake);
        signal.removeEventListener("abort", wake);
        draining.removeEventListener("abort", wake);
        resolve();
      };
      waiters.add(wake);
      signal.addEventListener("abort", wake);
      draining.addEventListener("abort", wake);
    });
  };

  /** Binds the generated service. A watch ends when the client cancels or the server drains. */
  function load(): BoundService {
    const { HealthCheckResponse, HealthListResponse, HealthService } = loadHealthProtocol();
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
          for (let last: string | undefined; !call.signal.aborted; await waitForChange(call)) {
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
          `unknown service "${service}": must be one of ${[...statuses.keys()].map((name) => `"${name}"`).join(", ")}`,
        );
      }
      if (status !== "SERVING" && status !== "NOT_SERVING") {
        throw new TypeError(`invalid status ${formatValue(status)}: must be "SERVING" or "NOT_SERVING"`);
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
