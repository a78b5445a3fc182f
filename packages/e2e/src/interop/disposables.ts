/** Resources that end together, the last one first. Node 20 has no AsyncDisposableStack. */
export class Disposables {
  readonly #resources: AsyncDisposable[] = [];

  /** Adds a resource and returns it. */
  use<Resource extends AsyncDisposable>(resource: Resource): Resource {
    this.#resources.unshift(resource);
    return resource;
  }

  async end(): Promise<void> {
    for (const resource of this.#resources) {
      await resource[Symbol.asyncDispose]();
    }
  }
}
