import { Metadata, type StatusObject, status } from "@grpc/grpc-js";

/** Counts the calls that handlers work on, and turns away those beyond a limit. */
export interface Admission {
  /** How many calls are being worked on. */
  readonly active: number;
  /** Whether a call is let in; if so, {@link leave} is due when it is done. */
  enter(answer: Answer): boolean;
  leave(answer: Answer): void;
  /** Answers all calls that are being worked on, now; what their handlers say later goes nowhere. */
  answerAll(status: Partial<StatusObject>): void;
  /** What a call that is turned away is answered with. */
  readonly refusal: StatusObject;
}

/** Sends the status of one call to its client. */
export type Answer = (status: Partial<StatusObject>) => void;

/** After how many milliseconds a client that is turned away may try again: a queue of short calls is empty by then. */
const retryPushbackMs = 100;

/**
 * Lets in as many calls at once as the limit says. Who is turned away is told when to come again.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback
 */
export function createAdmission(maxConcurrentCalls: number): Admission {
  const metadata = new Metadata();
  metadata.set("grpc-retry-pushback-ms", String(retryPushbackMs));
  // Not a set, whose tables keep alive what was in them: see open-streams.ts.
  const active: Answer[] = [];
  return {
    get active() {
      return active.length;
    },
    enter(answer) {
      if (active.length >= maxConcurrentCalls) {
        return false;
      }
      active.push(answer);
      return true;
    },
    leave(answer) {
      // The oldest calls come first, and mostly end first.
      const index = active.indexOf(answer);
      const last = active.pop();
      if (last !== undefined && index < active.length) {
        active[index] = last;
      }
    },
    answerAll(status) {
      for (const answer of [...active]) {
        answer(status);
      }
    },
    refusal: {
      code: status.RESOURCE_EXHAUSTED,
      details: `the server works on ${maxConcurrentCalls} calls already, its limit`,
      metadata,
    },
  };
}
