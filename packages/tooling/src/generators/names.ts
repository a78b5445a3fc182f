/** Names of services and RPCs: their spellings, and the names that cannot be used. */

/** Spellings of a service's name. */
export interface ServiceNames {
  /** `TeaTimer`, as classes and the contract have it. */
  readonly pascal: string;
  /** `tea-timer`, as files and packages have it. */
  readonly kebab: string;
  /** `tea_timer`, as the contract's file and package have it. */
  readonly snake: string;
}

/** Words of JavaScript and TypeScript, which generated code cannot have as the name of a variable or namespace. */
const javascriptWords = new Set(
  `any arguments as async await boolean break case catch class const continue debugger declare default delete do else enum
  eval export extends false finally for from function get if implements import in instanceof interface let module
  namespace new never null number object of package private protected public return set static string super switch
  symbol this throw true try type typeof undefined unknown var void while with yield`.split(/\s+/),
);

/** Words of protocol buffers. */
const protobufWords = new Set(
  `bool bytes double edition enum extend extensions false fixed32 fixed64 float google group import inf int32 int64 map
  max message nan oneof option optional package public repeated required reserved returns rpc service sfixed32 sfixed64
  sint32 sint64 stream string syntax to true uint32 uint64 weak`.split(/\s+/),
);

/** Methods that every client or object has, by the name that an RPC would replace; `then` would make a client a promise. */
const takenMethods = new Set(
  `bidiStream checkHealth checkMetadataAndOptions checkOptionalUnaryResponseArguments clientStream close connect
  constructor getChannel hasOwnProperty isPrototypeOf makeBidiStreamRequest makeClientStreamRequest
  makeServerStreamRequest makeUnaryRequest propertyIsEnumerable serverStream then toLocaleString toString unary valueOf
  waitForReady watchHealth`.split(/\s+/),
);

/** Spells a service's name in every way that files need. */
export function spellService(pascal: string): ServiceNames {
  const kebab = pascal.replace(/(?<!^)(?=[A-Z])/g, "-").toLowerCase();
  return { pascal, kebab, snake: kebab.replaceAll("-", "_") };
}

/** Spells the name of an RPC as the method of a class: `TellTime` is `tellTime`. */
export function spellMethod(rpc: string): string {
  return rpc.charAt(0).toLowerCase() + rpc.slice(1);
}

/** Explains why a service cannot have this name. Returns undefined if it can. */
export function findServiceNameProblem(name: string): string | undefined {
  const { kebab, snake } = spellService(name);
  return (
    findCaseProblem("service", name) ??
    (javascriptWords.has(snake) ? reserved("service", name, snake, "JavaScript") : undefined) ??
    (protobufWords.has(snake) ? reserved("service", name, snake, "protocol buffers") : undefined) ??
    (/^grpc(-|$)/.test(kebab)
      ? `invalid service name "${name}": packages that begin with "grpc-" are the runtime`
      : undefined)
  );
}

/** Explains why an RPC cannot have this name. Returns undefined if it can. */
export function findRpcNameProblem(name: string): string | undefined {
  const method = spellMethod(name);
  return (
    findCaseProblem("RPC", name) ??
    (takenMethods.has(method) ? `invalid RPC name "${name}": every client has a method "${method}" already` : undefined)
  );
}

/** Explains why an npm scope is invalid. Returns undefined if it is valid. */
export function findScopeProblem(scope: string): string | undefined {
  return /^@[a-z0-9][a-z0-9._-]*$/.test(scope) && scope.length <= 100
    ? undefined
    : `invalid scope "${scope}": write it like @acme, in lower-case letters, digits, dots and hyphens`;
}

function findCaseProblem(kind: "service" | "RPC", name: string): string | undefined {
  if (/^([A-Z][a-z0-9]+)+$/.test(name) && name.length <= 60) {
    return undefined;
  }
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+/g) ?? [];
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()).join("");
  const suggestion = /^([A-Z][a-z0-9]+)+$/.test(pascal) && pascal.length <= 60 ? `, like ${pascal}` : "";
  return `invalid ${kind} name "${name}": write at most 60 letters and digits in PascalCase${suggestion}`;
}

function reserved(kind: string, name: string, word: string, language: string): string {
  return `invalid ${kind} name "${name}": "${word}" is a reserved word of ${language}`;
}
