import { experimental } from "@grpc/grpc-js";
import { checkList, show } from "./check.js";
import type { ServiceConfig } from "./service-config.js";

/**
 * Checks a list of load-balancing policies, of which grpc-js takes the first that it knows and can read, or else, without
 * a word, `pick_first`.
 *
 * @throws TypeError which names the mistake.
 */
export function checkLoadBalancing(policies: NonNullable<ServiceConfig["loadBalancingConfig"]>, name: string): void {
  checkList(name, policies);
  for (const [index, policy] of policies.entries()) {
    if (typeof policy !== "object" || policy === null || Object.keys(policy).length !== 1) {
      throw new TypeError(`${name}[${index}] must name one policy, not ${show(policy)}`);
    }
  }
  const known = policies.find((policy) => Object.keys(policy).some(experimental.isLoadBalancerNameRegistered));
  if (known !== undefined) {
    try {
      experimental.parseLoadBalancingConfig({ ...known });
    } catch (error) {
      throw new TypeError(`${name} cannot be: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  } else if (policies.length > 0) {
    const names = policies.flatMap((policy) => Object.keys(policy));
    throw new TypeError(`${name} has no policy that grpc-js knows, but ${names.join(", ")}`);
  }
}
