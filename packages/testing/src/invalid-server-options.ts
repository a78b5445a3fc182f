const range = "must be a whole number from";
/** Invalid options, each with the message of its TypeError. */
export const invalidOptions: readonly (readonly [options: object, message: string])[] = [
  [{ shutdownGraceMs: Number.POSITIVE_INFINITY }, `shutdownGraceMs ${range} 0 to 2147483647, not Infinity`],
  [{ shutdownGraceMs: 2 ** 31 }, `shutdownGraceMs ${range} 0 to 2147483647, not 2147483648`],
  [{ shutdownDelayMs: "5" }, `shutdownDelayMs ${range} 0 to 2147483647, not "5"`],
  [{ maxConcurrentCalls: -1 }, `maxConcurrentCalls ${range} 1 to 2147483647, not -1`],
  [{ maxHeaderBytes: 1e12 }, `maxHeaderBytes ${range} 1 to 2147483647, not 1000000000000`],
  [{ maxConnectionAgeMs: 2_000_000_000 }, `maxConnectionAgeMs ${range} 1 to 1952257860, not 2000000000`],
  [{ keepaliveTimeMs: 1.5 }, `keepaliveTimeMs ${range} 1 to 2147483647, not 1.5`],
  [{ maxConnections: null }, `maxConnections ${range} 1 to 2147483647, not null`],
  [{ addresses: "127.0.0.1:0" }, 'addresses must be a non-empty list, not "127.0.0.1:0"'],
  [{ addresses: [] }, "addresses must be a non-empty list, not []"],
  [{ addresses: [50_051] }, "addresses must contain only strings, not 50051"],
  [{ reflection: "no" }, 'reflection must be true or false, not "no"'],
  [{ logger: {} }, "logger must be a pino logger"],
  [{ tls: null }, "tls must be { certFile, keyFile, clientCaFile? } with the paths of files, not null"],
  [
    { tls: { cert: "c.pem" } },
    "tls must be { certFile, keyFile, clientCaFile? } with the paths of files, not { cert }",
  ],
  [
    { tls: { certFile: "c.pem", keyFile: "-----BEGIN PRIVATE KEY-----" } },
    "tls must have the paths of the files, not their content",
  ],
  [{ tlsCert: "c.pem" }, 'unknown option "tlsCert"'],
  [{ workers: 2 }, 'unknown option "workers"'],
];
