/** Invalid options, each with the message of its TypeError. */
export const invalidOptions: readonly (readonly [options: unknown, message: RegExp])[] = [
  [{ timeout: 1 }, /^unknown option "timeout"$/],
  [{ timeoutMs: 0 }, /^timeoutMs must be a whole number from 1 to 2147483647, not 0$/],
  [{ timeoutMs: Number.POSITIVE_INFINITY }, /^timeoutMs must be .*, not Infinity$/],
  [{ timeoutMs: "5s" }, /^timeoutMs must be .*, not "5s"$/],
  [{ connections: 0 }, /^connections must be a whole number from 1 to 1000, not 0$/],
  [{ connections: 1.5 }, /^connections must be .*, not 1\.5$/],
  [{ maxReceiveMessageBytes: -1 }, /^maxReceiveMessageBytes must be /],
  [{ maxSendMessageBytes: Number.NaN }, /^maxSendMessageBytes must be .*, not NaN$/],
  [{ keepaliveTimeMs: -1 }, /^keepaliveTimeMs must be /],
  [{ keepaliveTimeoutMs: 0 }, /^keepaliveTimeoutMs must be /],
  [{ keepaliveWithoutCalls: 1 }, /^keepaliveWithoutCalls must be true or false, not 1$/],
  [{ initialReconnectBackoffMs: 0 }, /^initialReconnectBackoffMs must be /],
  [
    { initialReconnectBackoffMs: 200, maxReconnectBackoffMs: 100 },
    /^initialReconnectBackoffMs \(200\) must not exceed maxReconnectBackoffMs \(100\)$/,
  ],
  [{ userAgent: 1 }, /^userAgent must be a string, not 1$/],
  [
    { userAgent: "billing 😀" },
    /^userAgent must be printable ASCII without leading or trailing spaces, not "billing 😀"$/,
  ],
  [{ userAgent: "billing/1.2\n" }, /^userAgent must be printable ASCII /],
  [{ userAgent: " billing" }, /^userAgent must be printable ASCII /],
  [null, /^options must be an object, not null$/],
  [new Map([["timeoutMs", 5]]), /^options must be an object, not a Map$/],
  [{ timeoutMs: 0, connections: 0 }, /^timeoutMs must be .*\nconnections must be /],
  [{ loadBalancing: "random" }, /^loadBalancing must be one of round_robin, pick_first, not "random"$/],
  [{ compression: "br" }, /^compression must be one of identity, gzip, not "br"$/],

  [{ retry: { maxAttempts: 1 } }, /^retry\.maxAttempts must be a whole number from 2 /],
  [
    { retry: { initialBackoffMs: 2_000 } },
    /^retry\.initialBackoffMs \(2000\) must not exceed retry\.maxBackoffMs \(1000\)$/,
  ],
  [{ retry: { statuses: ["UNAVAILABEL"] } }, /^retry\.statuses contains "UNAVAILABEL", which is not an error status /],
  [{ retry: { statuses: ["OK"] } }, /^retry\.statuses contains "OK"/],
  [{ retry: { statuses: "UNAVAILABLE" } }, /^retry\.statuses must be a list, not "UNAVAILABLE"$/],
  [{ retry: { statuses: [] } }, /^retry\.statuses must not be empty: set retry to false for no retries$/],
  [{ retry: {}, hedging: { delayMs: 10 } }, /^retry and hedging are mutually exclusive$/],
  [{ hedging: {} }, /^hedging\.delayMs is missing$/],
  [{ hedging: { delayMs: -1 } }, /^hedging\.delayMs must be a whole number from 0 .*, not -1$/],
  [{ hedging: { delayMs: 10, nonFatalStatuses: [14] } }, /^hedging\.nonFatalStatuses contains 14/],
  [
    { retryThrottling: { maxTokens: 1_001, tokenRatio: 1 } },
    /^retryThrottling\.maxTokens must be a number from 0\.001 to/,
  ],
  [{ retryThrottling: { maxTokens: 10 } }, /^retryThrottling\.tokenRatio is missing$/],

  [{ tls: { ca: "/etc/ssl/ca.pem" } }, /^tls\.ca is not in PEM format; pass the content of the file, not its path$/],
  [{ tls: { ca: 1 } }, /^tls\.ca must be a string or bytes in PEM format, not 1$/],
  [
    { tls: { ca: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" } },
    /^tls\.ca contains no valid certificate: /,
  ],
  [{ tls: { cert: "-----BEGIN CERTIFICATE-----" } }, /^tls\.cert needs tls\.key$/],
  [{ tls: { key: "-----BEGIN PRIVATE KEY-----" } }, /^tls\.key needs tls\.cert$/],
  [{ tls: { rejectUnauthorized: false } }, /rejectUnauthorized/],
  [{ token: "secret" }, /^token would be sent in plain text; set tls, or allowPlaintextToken /],
  [{ tls: { serverName: 1 } }, /^tls\.serverName must be a string, not 1$/],
  [{ tls: { serverName: "a\n" } }, /^tls\.serverName must be printable ASCII /],
  [{ tls: new Map() }, /^tls must be an object, not a Map$/],
  [{ token: "", tls: true }, /^the token is not a valid bearer token/],
  [{ token: 1, tls: true }, /^token must be a string or a function, not 1$/],

  [
    { channelOptions: { "grpc.max_recieve_message_length": 1 } },
    /^unknown channel option "grpc\.max_recieve_message_length"$/,
  ],
  [{ channelOptions: new Map() }, /^channelOptions must be an object, not a Map$/],
  [
    { channelOptions: { "grpc.secondary_user_agent": "ü" } },
    /^channelOptions\["grpc\.secondary_user_agent"\] must be printable ASCII .*, not "ü"$/,
  ],
  [
    { channelOptions: { "grpc.default_authority": "münchen.example" } },
    /^channelOptions\["grpc\.default_authority"\] must be printable ASCII /,
  ],
  [{ channelOptions: { "grpc.keepalive_time_ms": "1" } }, /\["grpc\.keepalive_time_ms"\] must be a number, not "1"$/],
  [
    { keepaliveTimeoutMs: 1, channelOptions: { "grpc.keepalive_timeout_ms": 1 } },
    /^keepaliveTimeoutMs and channelOptions\["grpc\.keepalive_timeout_ms"\] are mutually exclusive$/,
  ],
  [
    { tls: { serverName: "a" }, channelOptions: { "grpc.ssl_target_name_override": "b" } },
    /^tls\.serverName and channelOptions\["grpc\.ssl_target_name_override"\] are mutually exclusive$/,
  ],
  [
    { hedging: { delayMs: 1 }, channelOptions: { "grpc.enable_retries": 0 } },
    /^hedging and channelOptions\["grpc\.enable_retries"\] are mutually exclusive$/,
  ],

  [{ serviceConfig: {}, retry: {} }, /^serviceConfig and retry are mutually exclusive$/],
  [{ serviceConfig: {}, loadBalancing: "pick_first" }, /^serviceConfig and loadBalancing are mutually exclusive$/],
  [{ serviceConfig: { methodConfigs: [] } }, /methodConfigs/],
  [
    { serviceConfig: { loadBalancingConfig: [{ a: {}, b: {} }] } },
    /^serviceConfig\.loadBalancingConfig\[0\] must name one/,
  ],
  [
    { serviceConfig: { loadBalancingConfig: [{ round_robbin: {} }] } },
    /^serviceConfig\.loadBalancingConfig has no policy that grpc-js supports: round_robbin$/,
  ],
  [
    { serviceConfig: { loadBalancingConfig: [{ pick_first: { shuffleAddressList: 1 } }] } },
    /^invalid serviceConfig\.loadBalancingConfig: pick_first: /,
  ],
  [
    { serviceConfig: { loadBalancingConfig: { round_robin: {} } } },
    /^serviceConfig\.loadBalancingConfig must be a list, not \{"round_robin":\{\}\}$/,
  ],
  [{ serviceConfig: { methodConfig: {} } }, /^serviceConfig\.methodConfig must be a list, not \{\}$/],
  [{ serviceConfig: { methodConfig: [null] } }, /^serviceConfig\.methodConfig\[0\] must be an object, not null$/],
  [
    { serviceConfig: { methodConfig: [] }, channelOptions: { "grpc.enable_retries": 0 } },
    /^serviceConfig and channelOptions\["grpc\.enable_retries"\] are mutually exclusive$/,
  ],
  [{ channelOptions: { "grpc.service_config": "{nope" } }, /^invalid channelOptions\["grpc\.service_config"\]: .*JSON/],
  [
    { channelOptions: { "grpc.service_config": '{"retryThrottling":{}}' } },
    /^invalid channelOptions\["grpc\.service_config"\]: Invalid retryThrottling/,
  ],
  [
    { channelOptions: { "grpc.service_config": '{"methodConfig":[{"name":1}]}' } },
    /^invalid channelOptions\["grpc\.service_config"\]: Invalid method config/,
  ],
];

/** Valid retry policy of a method. */
export const retryPolicy = {
  maxAttempts: 2,
  initialBackoff: "0.1s",
  maxBackoff: "1s",
  backoffMultiplier: 2,
  retryableStatusCodes: ["UNAVAILABLE"],
};
/** Valid hedging policy of a method. */
export const hedgingPolicy = { maxAttempts: 2, hedgingDelay: "0.1s" };

/** Invalid method configs. */
export const invalidMethodConfigs: readonly (readonly [method: object, message: RegExp])[] = [
  [{ name: [{}], timeout: "0.7s" }, /^serviceConfig\.methodConfig\[0\]\.timeout must be in whole seconds, not "0\.7s"/],
  [{ name: [{}], timeout: "700ms" }, /\.timeout must be a duration in seconds like "0\.1s", not "700ms"$/],
  [
    { name: [{}], waitForReady: true },
    /\.waitForReady has no effect in grpc-js: set waitForReady in the client's options instead$/,
  ],
  [{ name: [{}], maxRequestBytes: 1_000 }, /\.maxRequestBytes has no effect in grpc-js: set maxSendMessageBytes /],
  [{ name: [{}], maxResponseBytes: 1_000 }, /\.maxResponseBytes has no effect in grpc-js: set maxReceiveMessageBytes /],
  [{ name: [{}], retryPolicy, hedgingPolicy }, /\.retryPolicy and hedgingPolicy are mutually exclusive$/],
  [
    { name: [{}], retryPolicy: { ...retryPolicy, retryableStatusCodes: ["BUSY"] } },
    /contains "BUSY", which is not an error status /,
  ],
  [{ name: [{}], retryPolicy: { ...retryPolicy, retryableStatusCodes: [] } }, /must not be empty$/],
  [{ name: [{}], retryPolicy: { ...retryPolicy, maxAttempts: 1 } }, /\.maxAttempts must be a whole number from 2 /],
  [
    { name: [{}], retryPolicy: { ...retryPolicy, initialBackoff: 0.1 } },
    /\.initialBackoff must be a duration in seconds/,
  ],
  [
    { name: [{}], retryPolicy: { maxAttempts: 2 } },
    /\.initialBackoff must be a duration in seconds like "0\.1s", not undefined$/,
  ],
  [{ name: [{}], hedgingPolicy: { maxAttempts: 2 } }, /\.hedgingDelay is missing$/],
  [{ name: [{ method: "Unary" }] }, /\.name has the method "Unary" without a service$/],
  [{ name: [{ service: "Echo" }, { service: "Echo" }] }, /\.name duplicates "Echo\/"$/],
  [{}, /\.name is missing$/],
  [{ name: {} }, /\.name must be a list, not \{\}$/],
  [{ name: [{ service: 1 }] }, /\.name\.service must be a string, not 1$/],
  [{ name: [{ service: "connectivity" }] }, /\.name: the service "connectivity" is reserved$/],
];

/** Invalid targets, each with the reason. */
export const invalidTargets: Readonly<Record<string, RegExp>> = {
  "": /^the host is missing$/,
  "http://localhost:50051": /^unknown scheme; expected host:port, dns:\/\/\/host:port, /,
  "DNS:///localhost:50051": /^unknown scheme; /,
  ":50051": /^the host is missing$/,
  "dns:///:50051": /^the host is missing$/,
  "dns:///": /^the host is missing$/,
  "dns:": /^the address is missing$/,
  "50051": /^the host is missing before the port 50051$/,
  "localhost:": /^the port is missing$/,
  "localhost:1/": /^"1\/" is not a port$/,
  "localhost:+1": /^"\+1" is not a port$/,
  "localhost:http": /^"http" is not a port$/,
  "localhost:0": /^the port must be from 1 to 65535, not 0$/,
  "localhost:99999": /^the port must be from 1 to 65535, not 99999$/,
  "localhost:50051 ": /^it has leading or trailing whitespace, or a control character$/,
  "\tlocalhost:50051": /^it has leading or trailing whitespace/,
  "localhost:50051\n": /^it has leading or trailing whitespace/,
  "local\0host:50051": /^it has leading or trailing whitespace, or a control character$/,
  "local host:50051": /^"local host" is not a host name$/,
  "api..example:50051": /^"api\.\.example" is not a host name$/,
  "user@localhost:50051": /^"user@localhost" is not a host name$/,
  "a:1,b:2": /^"a:1,b" is not a host name/,
  "dns://localhost:50051": /^"\/\/localhost" is not a host name$/,
  "dns://dns.example/localhost:50051": /^Invalid IP address: dns\.example$/,
  "münchen.example:50051": /^the host must be in ASCII: write "xn--mnchen-3ya\.example"$/,
  "10.0.0.256:50051": /^"10\.0\.0\.256" is not an IPv4 address$/,
  "::1:50051": /^"::1" is not a host name; write an IPv6 address in brackets$/,
  "[::1": /is not a host name; write an IPv6 address in brackets$/,
  "[::1]50051": /^"50051" is not a port$/,
  "[localhost]:50051": /^"localhost" is not an IPv6 address$/,
  "ipv4:10.0.0.1:50051,": /^the host is missing$/,
  "ipv4:10.0.0.1:50051,localhost:50051": /^"localhost" is not an IPv4 address$/,
  "ipv4:[::1]:50051": /^"::1" is not an IPv4 address$/,
  "ipv6:[::1]:50051,[::2]:": /^the port is missing$/,
  "unix:": /^the address is missing$/,
  "unix:///": /^the path is missing$/,
  "unix://run/echo.sock": /^expected unix:\/path or unix:\/\/\/path$/,
  [`unix:/${"x".repeat(107)}`]: /^the path must have at most \d+ bytes, not 108$/,
};
