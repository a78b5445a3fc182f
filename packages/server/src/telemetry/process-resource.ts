import { randomUUID } from "node:crypto";

type Resources = typeof import("@opentelemetry/sdk-node").resources;

/**
 * Tells a process from others, for all its telemetry: by what the `OTEL_*` variables say, its host and its process, and
 * by a `service.instance.id` that no other has, even one that inherits the same environment.
 *
 * @param worker The number of the process among several that serve as one.
 */
export async function describeProcess(
  resources: Resources,
  { serviceName, worker }: { serviceName: string; worker?: number },
): Promise<ReturnType<Resources["defaultResource"]>> {
  const { defaultResource, detectResources, envDetector, hostDetector, processDetector, resourceFromAttributes } =
    resources;
  const resource = defaultResource()
    .merge(resourceFromAttributes({ "service.name": serviceName, "service.instance.id": randomUUID() }))
    .merge(detectResources({ detectors: [hostDetector, processDetector, envDetector] }));
  // The Prometheus exporter does not wait for what takes the detectors a while.
  await resource.waitForAsyncAttributes?.();
  const instance = resource.attributes["service.instance.id"];
  return worker === undefined
    ? resource
    : resource.merge(resourceFromAttributes({ "service.instance.id": `${instance}-${worker}` }));
}
