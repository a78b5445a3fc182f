import { checkKeys, checkList, checkNumber, formatValue, statusNames } from "@hello/grpc-common";
import type { StatusName } from "../errors/status-name.js";
import { checkLoadBalancing } from "./check-load-balancing.js";
import {
  type HedgingPolicy,
  type MethodConfig,
  probeService,
  type RetryPolicy,
  type RetryThrottling,
  type ServiceConfig,
} from "./service-config.js";

const duration = /^\d{1,9}(\.\d{1,9})?s$/;

/**
 * Checks a service config, because grpc-js silently accepts several mistakes.
 *
 * @throws TypeError that describes the first mistake.
 */
export function checkServiceConfig(name: string, config: ServiceConfig): void {
  checkKeys(name, config, ["loadBalancingConfig", "methodConfig", "retryThrottling"]);
  const { loadBalancingConfig = [], methodConfig = [] } = config;
  checkLoadBalancing(`${name}.loadBalancingConfig`, loadBalancingConfig);
  checkList(`${name}.methodConfig`, methodConfig);
  const seen = new Set<string>();
  for (const [index, method] of methodConfig.entries()) {
    checkMethodConfig(`${name}.methodConfig[${index}]`, method, seen);
  }
  if (config.retryThrottling !== undefined) {
    checkRetryThrottling(`${name}.retryThrottling`, config.retryThrottling);
  }
}

/**
 * Checks a retry budget.
 *
 * @throws TypeError that describes the first mistake.
 */
export function checkRetryThrottling(name: string, throttling: RetryThrottling): void {
  checkKeys(name, throttling, ["maxTokens", "tokenRatio"]);
  // gRPC rounds smaller values to 0.
  checkNumber(`${name}.maxTokens`, requireValue(`${name}.maxTokens`, throttling.maxTokens), {
    min: 0.001,
    max: 1_000,
    integer: false,
  });
  checkNumber(`${name}.tokenRatio`, requireValue(`${name}.tokenRatio`, throttling.tokenRatio), {
    min: 0.001,
    integer: false,
  });
}

/** Settings that grpc-js accepts and ignores, with the options of a client that have their effect. */
const optionsByIneffectiveSetting = {
  waitForReady: "waitForReady",
  maxRequestBytes: "maxSendMessageBytes",
  maxResponseBytes: "maxReceiveMessageBytes",
};

function checkMethodConfig(name: string, config: MethodConfig, seen: Set<string>): void {
  for (const [setting, option] of Object.entries(optionsByIneffectiveSetting)) {
    if (Object.hasOwn(Object(config), setting)) {
      throw new TypeError(`${name}.${setting} has no effect in grpc-js: set ${option} in the client's options instead`);
    }
  }
  checkKeys(name, config, ["name", "timeout", "retryPolicy", "hedgingPolicy"]);
  checkList(`${name}.name`, requireValue(`${name}.name`, config.name));
  for (const method of config.name) {
    checkKeys(`${name}.name`, method, ["service", "method"]);
    for (const [key, value] of Object.entries(method)) {
      if (value !== undefined && typeof value !== "string") {
        throw new TypeError(`${name}.name.${key} must be a string, not ${formatValue(value)}`);
      }
    }
    if (method.service === probeService) {
      throw new TypeError(`${name}.name: the service "${probeService}" is reserved`);
    }
    if (method.method !== undefined && !method.service) {
      throw new TypeError(`${name}.name has the method "${method.method}" without a service`);
    }
    const path = `${method.service ?? ""}/${method.method ?? ""}`;
    if (seen.has(path)) {
      throw new TypeError(`${name}.name duplicates "${path}"`);
    }
    seen.add(path);
  }
  if (config.timeout !== undefined) {
    checkDuration(`${name}.timeout`, config.timeout);
    if (config.timeout.includes(".")) {
      throw new TypeError(
        `${name}.timeout must be in whole seconds, not "${config.timeout}": grpc-js misreads fractions, so use timeoutMs for them`,
      );
    }
  }
  if (config.retryPolicy !== undefined && config.hedgingPolicy !== undefined) {
    throw new TypeError(`${name}.retryPolicy and hedgingPolicy are mutually exclusive`);
  }
  if (config.retryPolicy !== undefined) {
    checkRetryPolicy(`${name}.retryPolicy`, config.retryPolicy);
  }
  if (config.hedgingPolicy !== undefined) {
    checkHedgingPolicy(`${name}.hedgingPolicy`, config.hedgingPolicy);
  }
}

function checkRetryPolicy(name: string, policy: RetryPolicy): void {
  checkKeys(name, policy, ["maxAttempts", "initialBackoff", "maxBackoff", "backoffMultiplier", "retryableStatusCodes"]);
  checkNumber(`${name}.maxAttempts`, requireValue(`${name}.maxAttempts`, policy.maxAttempts), { min: 2 });
  checkDuration(`${name}.initialBackoff`, policy.initialBackoff);
  checkDuration(`${name}.maxBackoff`, policy.maxBackoff);
  checkNumber(`${name}.backoffMultiplier`, requireValue(`${name}.backoffMultiplier`, policy.backoffMultiplier), {
    min: 0.001,
    integer: false,
  });
  const codes = requireValue(`${name}.retryableStatusCodes`, policy.retryableStatusCodes);
  checkStatuses(`${name}.retryableStatusCodes`, codes);
  if (codes.length === 0) {
    throw new TypeError(`${name}.retryableStatusCodes must not be empty`);
  }
}

function checkHedgingPolicy(name: string, policy: HedgingPolicy): void {
  checkKeys(name, policy, ["maxAttempts", "hedgingDelay", "nonFatalStatusCodes"]);
  checkNumber(`${name}.maxAttempts`, requireValue(`${name}.maxAttempts`, policy.maxAttempts), { min: 2 });
  // Without a delay, grpc-js sends all attempts at once.
  checkDuration(`${name}.hedgingDelay`, requireValue(`${name}.hedgingDelay`, policy.hedgingDelay));
  checkStatuses(`${name}.nonFatalStatusCodes`, policy.nonFatalStatusCodes ?? []);
}

/**
 * Checks the names of error statuses.
 *
 * @throws TypeError with the first invalid name.
 */
export function checkStatuses(name: string, statuses: readonly StatusName[]): void {
  checkList(name, statuses);
  for (const status of statuses) {
    if (!statusNames.slice(1).includes(status)) {
      throw new TypeError(`${name} contains ${formatValue(status)}, which is not an error status like "UNAVAILABLE"`);
    }
  }
}

function checkDuration(name: string, value: string): void {
  if (typeof value !== "string" || !duration.test(value)) {
    throw new TypeError(`${name} must be a duration in seconds like "0.1s", not ${formatValue(value)}`);
  }
}

function requireValue<Value>(name: string, value: Value | undefined): Value {
  if (value === undefined) {
    throw new TypeError(`${name} is missing`);
  }
  return value;
}
