/** Code shared by `@hello/grpc-server` and `@hello/grpc-client`. */
export { type DescribedFile, describeService } from "./descriptors.js";
export { requestsGrpcJsLog } from "./grpc-js-log.js";
export {
  countEntryBytes,
  fieldOverheadBytes,
  httpHeaders,
  singularHeaders,
  statusDetailsKey,
} from "./metadata-rules.js";
export { parseMethodPath } from "./method-path.js";
export { type CheckTable, checkOptions, type Optional } from "./options/check-options.js";
export {
  checkFunction,
  checkKeys,
  checkList,
  checkNumber,
  checkObject,
  formatObject,
  formatValue,
  maxTimerMs,
} from "./options/check-value.js";
export { formatOptionRows, formatOptionTable } from "./options/named-options.js";
export { choice, integer, list, type Option, type OptionTable, text, toggle } from "./options/option.js";
export {
  parseCommandLine,
  UsageError,
} from "./options/parse-command-line.js";
export { readProgramVersion } from "./options/program-version.js";
export {
  loadErrorDetailsProtocol,
  loadHealthProtocol,
  loadReflectionProtocol,
  loadStatusProtocol,
} from "./protocols.js";
export { reasonOf } from "./reason-of.js";
export { maxSocketPathBytes } from "./socket-path.js";
export { statusNames } from "./status-names.js";
export { toStrictMethod } from "./strict-utf8.js";
export { latencyBuckets, sizeBuckets } from "./telemetry/a66-buckets.js";
export { instrumentationScope, rpcAttributesOf } from "./telemetry/conventions.js";
export { getSpan, type OpenTelemetry, openTelemetry, rootContext, setSpan } from "./telemetry/open-telemetry.js";
export {
  type Attributes,
  type Context,
  type Meter,
  type MeterProvider,
  type Span,
  spanError,
  spanKind,
  type TextMapGetter,
  type TextMapSetter,
  type Tracer,
} from "./telemetry/open-telemetry-api.js";
