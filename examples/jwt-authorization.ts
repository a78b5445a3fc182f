/**
 * Authorization with JWTs: the server verifies the token of each call, and a table lists who may call each service.
 *
 * Run with `pnpm --filter examples start jwt-authorization`.
 */
import { HelloClient, RpcError } from "@hello/client";
import { type AuthorizedCaller, allowPrincipals, bindService, createServer, type Servicer } from "@hello/grpc-server";
import { HelloResponse, HelloService } from "@hello/proto";
import { createCertificates } from "@hello/testing/certificates";
import { generateKeyPair, jwtVerify, SignJWT } from "jose";

// Keys of the issuer. A real server fetches the public key with createRemoteJWKSet.
const { privateKey, publicKey } = await generateKeyPair("ES256");
const issuer = "https://issuer.example";

async function verifyToken(token: string) {
  const { payload } = await jwtVerify(token, publicKey, {
    issuer,
    audience: "hello",
    algorithms: ["ES256"],
    requiredClaims: ["sub", "exp"],
  });
  return { subject: payload.sub };
}

function issueToken(subject: string): Promise<string> {
  return new SignJWT({ iss: issuer, aud: "hello", sub: subject })
    .setProtectedHeader({ alg: "ES256" })
    .setExpirationTime("1h")
    .sign(privateKey);
}

const servicer: Servicer<typeof HelloService, AuthorizedCaller> = {
  hello: (request, { context }) =>
    new HelloResponse().setValue(`Hello ${request.getValue()}, you are ${context.principal}`),
};

// Like a password, a token must be sent over TLS only.
await using certificates = await createCertificates();
const { certFile, keyFile } = certificates.server;
await using server = createServer({
  addresses: ["127.0.0.1:0"],
  tls: { certFile, keyFile },
  services: [bindService(HelloService, servicer)],
  authorize: allowPrincipals({ Hello: ["subject:ada"] }, { verifyToken }),
});
const [address = ""] = await server.start();

const tls = { ca: certificates.ca.cert };
for (const token of [await issueToken("ada"), await issueToken("mallory"), "forged", undefined]) {
  await using client = new HelloClient(address, { tls, token });
  try {
    console.log(await client.hello("Ada"));
  } catch (error) {
    console.log(error instanceof RpcError ? `${error.status}: ${error.details}` : error);
  }
}
