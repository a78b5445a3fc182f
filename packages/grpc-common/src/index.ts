/** Code shared by `@hello/grpc-server` and `@hello/grpc-client`. */
export { type DescribedFile, describeService } from "./descriptors.js";
export { requestsGrpcJsLog } from "./grpc-js-log.js";
export { type CheckTable, checkOptions, type Optional } from "./options/check-options.js";
export {
  checkKeys,
  checkList,
  checkNumber,
  checkObject,
  formatObject,
  formatValue,
  maxTimerMs,
  type NumberRange,
} from "./options/check-value.js";
export { optionMarkdown, optionRows } from "./options/named-options.js";
export { choice, integer, list, type Option, type OptionTable, text, toggle } from "./options/option.js";
export {
  type CommandLine,
  type ParsedCommandLine,
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
export { singularHeaders } from "./singular-headers.js";
export { statusNames } from "./status-names.js";
export { strictMethod } from "./strict-utf8.js";
export { latencyBuckets, sizeBuckets } from "./telemetry/a66-buckets.js";
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
  type TracerProvider,
} from "./telemetry/open-telemetry-api.js";
