import { randomUUID } from "node:crypto";

type Resources = typeof import("@opentelemetry/sdk-node").resources;

/**
 * Creates the resource that describes this process in its telemetry. It has the attributes in the `OTEL_*` variables,
 * those of the host and the process, and a `service.instance.id` that differs between workers with the same
 * environment.
 *
 * @param options.worker Number of this worker process, if it is one.
 */
export async function createProcessResource(
  resources: Resources,
  { serviceName, worker }: { serviceName: string; worker?: number | undefined },
): Promise<ReturnType<Resources["defaultResource"]>> {
  const { defaultResource, detectResources, envDetector, hostDetector, processDetector, resourceFromAttributes } =
    resources;
  const resource = defaultResource()
    .merge(resourceFromAttributes({ "service.name": serviceName, "service.instance.id": randomUUID() }))
    .merge(detectResources({ detectors: [hostDetector, processDetector, envDetector] }));
  // The Prometheus exporter does not wait for asynchronous detectors.
  await resource.waitForAsyncAttributes?.();
  const instance = resource.attributes["service.instance.id"];
  return worker === undefined
    ? resource
    : resource.merge(resourceFromAttributes({ "service.instance.id": `${instance}-${worker}` }));
}
