/** Names of services and RPCs: spellings and checks. */

/** Spellings of a service's name. */
export interface ServiceNames {
  /** `TeaTimer`, for classes and for the service in the contract. */
  readonly pascal: string;
  /** `tea-timer`, for files and packages. */
  readonly kebab: string;
  /** `tea_timer`, for the file and the package of the contract. */
  readonly snake: string;
}

/** Words of JavaScript and TypeScript that generated code cannot use as a name of a variable or a namespace. */
const javascriptWords = new Set(
  `any arguments as async await boolean break case catch class const continue debugger declare default delete do else enum
  eval export extends false finally for from function get if implements import in instanceof interface let module
  namespace new never null number object of package private protected public return set static string super switch
  symbol this throw true try type typeof undefined unknown var void while with yield`.split(/\s+/),
);

/** Words of the protocol buffers language. */
const protobufWords = new Set(
  `bool bytes double edition enum extend extensions false fixed32 fixed64 float google group import inf int32 int64 map
  max message nan oneof option optional package public repeated required reserved returns rpc service sfixed32 sfixed64
  sint32 sint64 stream string syntax to true uint32 uint64 weak`.split(/\s+/),
);

/** Methods of every client or object that an RPC must not replace. A method `then` would make the client a promise. */
const takenMethods = new Set(
  `bidiStream checkHealth checkMetadataAndOptions checkOptionalUnaryResponseArguments clientStream close connect
  constructor getChannel hasOwnProperty isPrototypeOf makeBidiStreamRequest makeClientStreamRequest
  makeServerStreamRequest makeUnaryRequest propertyIsEnumerable serverStream then toLocaleString toString unary valueOf
  waitForReady watchHealth`.split(/\s+/),
);

/** Returns the spellings of a service's name. */
export function spellService(pascal: string): ServiceNames {
  const kebab = pascal.replace(/(?<!^)(?=[A-Z])/g, "-").toLowerCase();
  return { pascal, kebab, snake: kebab.replaceAll("-", "_") };
}

/** Spells the name of an RPC as the method of a class: `TellTime` is `tellTime`. */
export function spellMethod(rpc: string): string {
  return rpc.charAt(0).toLowerCase() + rpc.slice(1);
}

/** Explains why a service name is invalid. Returns undefined if it is valid. */
export function findServiceNameProblem(name: string): string | undefined {
  const { kebab, snake } = spellService(name);
  return (
    findCaseProblem("service", name) ??
    (javascriptWords.has(snake) ? reserved("service", name, snake, "JavaScript") : undefined) ??
    (protobufWords.has(snake) ? reserved("service", name, snake, "protocol buffers") : undefined) ??
    (/^grpc(-|$)/.test(kebab)
      ? `invalid service name "${name}": the prefix "grpc-" is reserved for packages of the runtime`
      : undefined)
  );
}

/** Explains why an RPC name is invalid. Returns undefined if it is valid. */
export function findRpcNameProblem(name: string): string | undefined {
  const method = spellMethod(name);
  return (
    findCaseProblem("RPC", name) ??
    (takenMethods.has(method) ? `invalid RPC name "${name}": every client already has a method "${method}"` : undefined)
  );
}

/** Explains why an npm scope is invalid. Returns undefined if it is valid. */
export function findScopeProblem(scope: string): string | undefined {
  return /^@[a-z0-9][a-z0-9._-]*$/.test(scope) && scope.length <= 100
    ? undefined
    : `invalid scope "${scope}": use lower-case letters, digits, dots and hyphens, like @acme`;
}

function findCaseProblem(kind: "service" | "RPC", name: string): string | undefined {
  if (/^([A-Z][a-z0-9]+)+$/.test(name) && name.length <= 60) {
    return undefined;
  }
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+/g) ?? [];
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()).join("");
  const suggestion = /^([A-Z][a-z0-9]+)+$/.test(pascal) && pascal.length <= 60 ? `, like ${pascal}` : "";
  return `invalid ${kind} name "${name}": use at most 60 letters and digits in PascalCase${suggestion}`;
}

function reserved(kind: string, name: string, word: string, language: string): string {
  return `invalid ${kind} name "${name}": "${word}" is a reserved word of ${language}`;
}
