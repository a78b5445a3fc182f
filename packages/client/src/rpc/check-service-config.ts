import { checkKeys, checkList, checkNumber, show } from "./check.js";
import { checkLoadBalancing } from "./check-load-balancing.js";
import { probeService } from "./connection-error.js";
import type { HedgingPolicy, MethodConfig, RetryPolicy, RetryThrottling, ServiceConfig } from "./service-config.js";
import { type StatusName, statusNames } from "./status.js";

const duration = /^\d{1,9}(\.\d{1,9})?s$/;

/**
 * Checks a service config, in which grpc-js takes several mistakes without a word.
 *
 * @throws TypeError which names the mistake.
 */
export function checkServiceConfig(config: ServiceConfig, name: string): void {
  checkKeys(name, config, ["loadBalancingConfig", "methodConfig", "retryThrottling"]);
  const { loadBalancingConfig = [], methodConfig = [] } = config;
  checkLoadBalancing(loadBalancingConfig, `${name}.loadBalancingConfig`);
  checkList(`${name}.methodConfig`, methodConfig);
  const seen = new Set<string>();
  for (const [index, method] of methodConfig.entries()) {
    checkMethodConfig(method, `${name}.methodConfig[${index}]`, seen);
  }
  if (config.retryThrottling !== undefined) {
    checkRetryThrottling(config.retryThrottling, `${name}.retryThrottling`);
  }
}

/** @throws TypeError which names the mistake. */
export function checkRetryThrottling(throttling: RetryThrottling, name: string): void {
  checkKeys(name, throttling, ["maxTokens", "tokenRatio"]);
  // 0.001 is the least that gRPC tells from nothing.
  checkNumber(`${name}.maxTokens`, required(throttling.maxTokens, `${name}.maxTokens`), {
    min: 0.001,
    max: 1_000,
    integer: false,
  });
  checkNumber(`${name}.tokenRatio`, required(throttling.tokenRatio, `${name}.tokenRatio`), {
    min: 0.001,
    integer: false,
  });
}

function checkMethodConfig(config: MethodConfig, name: string, seen: Set<string>): void {
  if (Object.hasOwn(Object(config), "waitForReady")) {
    throw new TypeError(`${name}.waitForReady has no effect in grpc-js; set the client's option waitForReady`);
  }
  checkKeys(name, config, ["name", "timeout", "maxRequestBytes", "maxResponseBytes", "retryPolicy", "hedgingPolicy"]);
  checkList(`${name}.name`, required(config.name, `${name}.name`));
  for (const method of config.name) {
    checkKeys(`${name}.name`, method, ["service", "method"]);
    for (const [key, value] of Object.entries(method)) {
      if (value !== undefined && typeof value !== "string") {
        throw new TypeError(`${name}.name has the ${key} ${show(value)}, which is no text`);
      }
    }
    if (method.service === probeService) {
      throw new TypeError(`${name}.name has the service "${probeService}", which the client keeps for itself`);
    }
    if (method.method !== undefined && !method.service) {
      throw new TypeError(`${name}.name has the method "${method.method}" of no service`);
    }
    const path = `${method.service ?? ""}/${method.method ?? ""}`;
    if (seen.has(path)) {
      throw new TypeError(`${name}.name is the second for "${path}"`);
    }
    seen.add(path);
  }
  if (config.timeout !== undefined) {
    checkDuration(config.timeout, `${name}.timeout`);
    if (config.timeout.includes(".")) {
      throw new TypeError(
        `${name}.timeout is "${config.timeout}", of which grpc-js misreads the fraction; write whole seconds, or set timeoutMs`,
      );
    }
  }
  checkNumber(`${name}.maxRequestBytes`, config.maxRequestBytes, { min: 0 });
  checkNumber(`${name}.maxResponseBytes`, config.maxResponseBytes, { min: 0 });
  if (config.retryPolicy !== undefined && config.hedgingPolicy !== undefined) {
    throw new TypeError(`${name} has both a retryPolicy and a hedgingPolicy, which exclude each other`);
  }
  if (config.retryPolicy !== undefined) {
    checkRetryPolicy(config.retryPolicy, `${name}.retryPolicy`);
  }
  if (config.hedgingPolicy !== undefined) {
    checkHedgingPolicy(config.hedgingPolicy, `${name}.hedgingPolicy`);
  }
}

function checkRetryPolicy(policy: RetryPolicy, name: string): void {
  checkKeys(name, policy, ["maxAttempts", "initialBackoff", "maxBackoff", "backoffMultiplier", "retryableStatusCodes"]);
  checkNumber(`${name}.maxAttempts`, required(policy.maxAttempts, `${name}.maxAttempts`), { min: 2 });
  checkDuration(policy.initialBackoff, `${name}.initialBackoff`);
  checkDuration(policy.maxBackoff, `${name}.maxBackoff`);
  checkNumber(`${name}.backoffMultiplier`, required(policy.backoffMultiplier, `${name}.backoffMultiplier`), {
    min: 0.001,
    integer: false,
  });
  const codes = required(policy.retryableStatusCodes, `${name}.retryableStatusCodes`);
  checkStatuses(codes, `${name}.retryableStatusCodes`);
  if (codes.length === 0) {
    throw new TypeError(`${name}.retryableStatusCodes is empty: nothing would be retried`);
  }
}

function checkHedgingPolicy(policy: HedgingPolicy, name: string): void {
  checkKeys(name, policy, ["maxAttempts", "hedgingDelay", "nonFatalStatusCodes"]);
  checkNumber(`${name}.maxAttempts`, required(policy.maxAttempts, `${name}.maxAttempts`), { min: 2 });
  // Left out, grpc-js would send every attempt at once.
  checkDuration(required(policy.hedgingDelay, `${name}.hedgingDelay`), `${name}.hedgingDelay`);
  checkStatuses(policy.nonFatalStatusCodes ?? [], `${name}.nonFatalStatusCodes`);
}

/** @throws TypeError which names the status that is none. */
export function checkStatuses(statuses: readonly StatusName[], name: string): void {
  checkList(name, statuses);
  for (const status of statuses) {
    if (!statusNames.slice(1).includes(status)) {
      throw new TypeError(
        `${name} has ${show(status)}, which is no status of a failed call; write it like "UNAVAILABLE"`,
      );
    }
  }
}

function checkDuration(value: string, name: string): void {
  if (typeof value !== "string" || !duration.test(value)) {
    throw new TypeError(`${name} must be a number of seconds like "0.1s", not ${show(value)}`);
  }
}

function required<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) {
    throw new TypeError(`${name} is missing`);
  }
  return value;
}
