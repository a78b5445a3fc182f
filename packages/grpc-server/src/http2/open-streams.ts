import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";

/** Replacement for the map in which a session keeps its open streams by their ids: the part that Node uses. */
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
 * Releases the memory of streams when they end.
 *
 * A `Map` that outgrows its table links it to the next one. Once such a table is in V8's old generation it keeps the next
 * alive, with all streams that were open then, until the next full collection. Scavenges then copy the ended streams.
 * So this replaces Node's map if it finds it.
 *
 * Measured with h2load, 4 connections with 32 calls each: without this, 500,000 calls take 1.42 times the CPU on Node 20
 * (4 starts, 1.36 to 1.59), and 150,000 calls about 1.1 times on Node 22 and 24 (14 starts, 0.97 to 1.55). On Node 26 no
 * difference shows.
 */
export function releaseStreams(session: ServerHttp2Session): void {
  const state = stateOf(session);
  if (state?.streams?.size === 0) {
    state.streams = new OpenStreams();
  }
}

/** Returns the number of streams that are open. */
export function openStreams(session: ServerHttp2Session): number {
  return stateOf(session)?.streams?.size ?? 0;
}

function stateOf(session: ServerHttp2Session): { streams?: { size?: number } } | undefined {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === "state");
  return key && Reflect.get(session, key);
}
