import { experimental } from "@grpc/grpc-js";
import { checkList, formatValue, reasonOf } from "@hello/grpc-common";
import type { ServiceConfig } from "./service-config.js";

/**
 * Checks a list of load-balancing policies. grpc-js uses the first one that it knows and can parse, and otherwise falls
 * back to `pick_first` without an error.
 *
 * @throws TypeError that describes the problem.
 */
export function checkLoadBalancing(name: string, policies: NonNullable<ServiceConfig["loadBalancingConfig"]>): void {
  checkList(name, policies);
  for (const [index, policy] of policies.entries()) {
    if (typeof policy !== "object" || policy === null || Object.keys(policy).length !== 1) {
      throw new TypeError(`${name}[${index}] must name one policy, not ${formatValue(policy)}`);
    }
  }
  const known = policies.find((policy) => Object.keys(policy).some(experimental.isLoadBalancerNameRegistered));
  if (known !== undefined) {
    try {
      experimental.parseLoadBalancingConfig({ ...known });
    } catch (error) {
      throw new TypeError(`invalid ${name}: ${reasonOf(error)}`, { cause: error });
    }
  } else if (policies.length > 0) {
    const names = policies.flatMap((policy) => Object.keys(policy));
    throw new TypeError(`${name} has no policy that grpc-js supports: ${names.join(", ")}`);
  }
}
