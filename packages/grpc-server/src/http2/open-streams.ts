import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";

/** Replacement for a session's map of open streams by id, with the methods that Node uses. */
class OpenStreams {
  readonly #byId: Record<number, ServerHttp2Stream> = Object.create(null);
  size = 0;

  get(id: number): ServerHttp2Stream | undefined {
    return this.#byId[id];
  }

  set(id: number, stream: ServerHttp2Stream): void {
    this.#byId[id] = stream;
    this.size++;
  }

  delete(id: number): void {
    if (this.#byId[id] !== undefined) {
      delete this.#byId[id];
      this.size--;
    }
  }

  forEach(visit: (stream: ServerHttp2Stream) => void): void {
    for (const stream of Object.values(this.#byId)) {
      visit(stream);
    }
  }
}

/**
 * Makes a session release the memory of streams when they end, by replacing the map in which Node keeps them, if it
 * finds the map.
 *
 * A `Map` that outgrows its table links the old table to the new one. Once V8 has moved the old table to the old
 * generation, it keeps the new table alive, and all streams that were open then, until the next full collection. Until
 * then, each scavenge copies the ended streams.
 *
 * Measured with h2load, 4 connections with 32 concurrent calls each. Without this function, 500,000 calls take 1.42
 * times the CPU time on Node 20 (4 runs, 1.36 to 1.59). On Node 22 and 24, 150,000 calls take about 1.1 times the CPU
 * time (14 runs, 0.97 to 1.55). Node 26 shows no difference.
 */
export function releaseStreams(session: ServerHttp2Session): void {
  const state = stateOf(session);
  if (state?.streams?.size === 0) {
    state.streams = new OpenStreams();
  }
}

/** Returns the number of open streams. */
export function countOpenStreams(session: ServerHttp2Session): number {
  return stateOf(session)?.streams?.size ?? 0;
}

function stateOf(session: ServerHttp2Session): { streams?: { size?: number } } | undefined {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === "state");
  return key && Reflect.get(session, key);
}
