/** Checks a number that a user gives: an integer from `min` to `max`, or any number in that range. */
export function checkNumber(
  name: string,
  value: number | undefined,
  { min, max = 2 ** 31 - 1, integer = true }: { min: number; max?: number; integer?: boolean },
): void {
  if (value === undefined || (value >= min && value <= max && (!integer || Number.isInteger(value)))) {
    return;
  }
  throw new TypeError(`${name} must be a ${integer ? "whole " : ""}number from ${min} to ${max}, not ${show(value)}`);
}

/**
 * Checks that an object has no other property than those named: what is misspelt would be ignored.
 *
 * @throws TypeError which names the property.
 */
export function checkKeys(name: string, value: object, known: readonly string[]): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${name} must be an object, not ${show(value)}`);
  }
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      throw new TypeError(`${name} has no option "${key}"; it has ${known.join(", ")}`);
    }
  }
}

/** @throws TypeError where a value that a user gives is no list. */
export function checkList(name: string, value: readonly unknown[]): void {
  if (!Array.isArray(value)) {
    throw new TypeError(`${name} must be a list, not ${show(value)}`);
  }
}

/** Shows a value in a message. */
export function show(value: unknown): string {
  return typeof value === "number" || typeof value === "bigint"
    ? String(value)
    : (JSON.stringify(value) ?? String(value));
}
