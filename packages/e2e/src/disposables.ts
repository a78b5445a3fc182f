/** Stack of resources to dispose together. Replaces AsyncDisposableStack, which Node 20 does not have. */
export class Disposables {
  readonly #resources: AsyncDisposable[] = [];

  /** Adds a resource and returns it. */
  use<Resource extends AsyncDisposable>(resource: Resource): Resource {
    this.#resources.unshift(resource);
    return resource;
  }

  /** Disposes the resources in the reverse order. */
  async disposeAll(): Promise<void> {
    for (const resource of this.#resources) {
      await resource[Symbol.asyncDispose]();
    }
  }
}
