/** Invalid addresses, each with the start of the reason. */
export const invalidAddresses: Readonly<Record<string, string>> = {
  "": "use host:port",
  localhost: "use host:port",
  "50051": "use host:port",
  "localhost:": "use host:port",
  "localhost:http": "use host:port",
  "localhost:-1": "use host:port",
  "localhost:1.5": "use host:port",
  "::1:50051": "use host:port",
  "[::1]": "use host:port",
  "[localhost]:50051": "use host:port",
  "http://localhost:50051": "use host:port",
  "localhost:65536": "the port must be at most 65535",
  "unix:": "the path is missing",
};
