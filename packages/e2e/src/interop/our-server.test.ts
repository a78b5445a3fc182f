import { describeOurClient } from "./describe-our-client.js";
import { startOurServer } from "./interop-server-process.js";
import { createTlsFiles } from "./tls-files.js";

describeOurClient({ name: "our server", start: startOurServer, createTls: createTlsFiles });
