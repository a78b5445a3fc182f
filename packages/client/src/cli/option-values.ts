import { readFileSync } from "node:fs";
import { type MetadataInit, toGrpcMetadata } from "../rpc/metadata.js";
import type { GivenOption } from "./options.js";

/** Reads a whole number above 0, or adds what is wrong to the mistakes. */
export function wholeNumber(option: GivenOption | undefined, mistakes: string[]): number | undefined {
  const [text] = option?.texts ?? [];
  if (option === undefined || text === undefined) {
    return undefined;
  }
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  const max = 2 ** 31 - 1;
  if (number >= 1 && number <= max) {
    return number;
  }
  mistakes.push(`${option.source} must be a whole number from 1 to ${max}, not "${text}"`);
  return undefined;
}

/** Reads the PEM file that an option names, or adds what is wrong to the mistakes. */
export function pemFile(option: GivenOption | undefined, mistakes: string[]): Buffer | undefined {
  const [file] = option?.texts ?? [];
  if (option === undefined || file === undefined) {
    return undefined;
  }
  try {
    const pem = readFileSync(file);
    if (pem.includes("-----BEGIN ")) {
      return pem;
    }
    mistakes.push(`${option.source}: "${file}" is not PEM`);
  } catch (error) {
    mistakes.push(`${option.source}: ${error instanceof Error ? error.message : error}`);
  }
  return undefined;
}

/** Reads `key=value` pairs, or adds what is wrong to the mistakes. */
export function metadataOf(option: GivenOption | undefined, mistakes: string[]): MetadataInit | undefined {
  if (option === undefined) {
    return undefined;
  }
  const metadata = new Map<string, (string | Uint8Array)[]>();
  for (const text of option.texts) {
    const [, name = "", value = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    const key = name.toLowerCase();
    if (key === "") {
      mistakes.push(`${option.source} must be key=value, not "${text}"`);
    } else if (key.endsWith("-bin") && !/^[\w+/-]*={0,2}$/.test(value)) {
      mistakes.push(`${option.source}: the value of ${name} must be base64, not "${value}"`);
    } else {
      const entry = key.endsWith("-bin") ? Buffer.from(value, "base64") : value;
      try {
        toGrpcMetadata({ [key]: entry }, {});
        metadata.set(key, [...(metadata.get(key) ?? []), entry]);
      } catch (error) {
        mistakes.push(`${option.source}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  return Object.fromEntries(metadata);
}
