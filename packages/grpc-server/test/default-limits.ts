import { checkOptions } from "@hello/grpc-common";
import { type Limits, limitTable } from "../src/limits.js";

/** Defaults of {@link Limits}. */
export const defaultLimits: Limits = checkOptions(limitTable, {});
