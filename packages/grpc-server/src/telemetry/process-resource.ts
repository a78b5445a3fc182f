import { randomUUID } from "node:crypto";

type Resources = typeof import("@opentelemetry/sdk-node").resources;

/**
 * Describes a process for its telemetry: by the `OTEL_*` variables, its host and its process, and by a
 * `service.instance.id` of its own, even if it inherits the environment of another.
 *
 * @param worker Number of the process among several that serve as one.
 */
export async function describeProcess(
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
