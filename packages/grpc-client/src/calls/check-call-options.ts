import { checkFunction, checkObject, formatObject, formatValue } from "@hello/grpc-common";
import { isAbortSignal } from "./abort-listeners.js";
import type { HealthWatchOptions, StreamOptions } from "./call-options.js";
import { checkTimeout } from "./call-timeout.js";
import { checkParent } from "./parent-call.js";

type Check = (name: string, value: unknown) => void;

/** Checks of the options of every call. The entries of `metadata` are checked when they are converted. */
const callChecks = {
  timeoutMs: checkTimeout,
  signal: checkSignal,
  metadata() {},
  waitForReady: checkBoolean,
  parent: checkParent,
  onMetadata: checkFunction,
  onTrailers: checkFunction,
};

const { parent: _, ...watchChecks } = callChecks;

/** Checks by option name. */
export type OptionChecks = ReadonlyMap<string, Check>;

export const unaryOptions: OptionChecks = checksOf<Omit<StreamOptions, "idleTimeoutMs">>(callChecks);
export const streamOptions: OptionChecks = checksOf<StreamOptions>({ ...callChecks, idleTimeoutMs: checkTimeout });
export const healthWatchOptions: OptionChecks = checksOf<HealthWatchOptions>(watchChecks);

/**
 * Checks the options of a call.
 *
 * @throws TypeError that names the first option that is unknown or has an invalid value.
 */
export function checkCallOptions(options: object, checks: OptionChecks): void {
  checkObject("options", options);
  for (const [name, value] of Object.entries(options)) {
    const check = checks.get(name);
    if (check === undefined) {
      throw new TypeError(`unknown call option "${name}": the options are ${[...checks.keys()].join(", ")}`);
    }
    if (value !== undefined) {
      check(name, value);
    }
  }
}

function checksOf<Options>(checks: { readonly [Name in keyof Options]-?: Check }): OptionChecks {
  return new Map(Object.entries<Check>(checks));
}

function checkBoolean(name: string, value: unknown): void {
  if (typeof value !== "boolean") {
    throw new TypeError(`${name} must be true or false, not ${formatValue(value)}`);
  }
}

function checkSignal(name: string, value: unknown): void {
  if (!isAbortSignal(value)) {
    throw new TypeError(`${name} must be an AbortSignal, not ${formatObject(value)}`);
  }
}
