import { formatValue } from "@hello/grpc-common";

/**
 * Checks the value of an option that is sent in a header. Invalid characters would end the connection.
 *
 * @param name Name of the option, or `""` if the caller adds it.
 * @throws TypeError that describes a valid value.
 */
export function checkHeaderText(name: string, value: unknown): void {
  const subject = name === "" ? "" : `${name} `;
  if (typeof value !== "string") {
    throw new TypeError(`${subject}must be a string, not ${formatValue(value)}`);
  }
  if (!/^(?:[!-~](?:[ -~]*[!-~])?)?$/.test(value)) {
    throw new TypeError(
      `${subject}must be printable ASCII without leading or trailing spaces, not ${formatValue(value)}`,
    );
  }
}
