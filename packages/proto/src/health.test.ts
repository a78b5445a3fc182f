import assert from "node:assert/strict";
import { test } from "node:test";
import { service as reference } from "grpc-health-check";
import { HealthService, ServingStatus } from "./health.js";

const { Check, Watch, List } = reference as unknown as Record<string, typeof HealthService.check>;

test("paths and kinds are those of the protocol", () => {
  const shape = (service: object) =>
    Object.values(service).map(({ path, requestStream, responseStream }) => ({ path, requestStream, responseStream }));
  assert.deepEqual(shape(HealthService), shape({ Check, Watch, List }));
});

test("a request means the same to an independent implementation", () => {
  for (const request of [{ service: "" }, { service: "Hello" }, { service: "名前.サービス" }]) {
    assert.deepEqual(Check?.requestDeserialize(HealthService.check.requestSerialize(request)), request);
    assert.deepEqual(HealthService.check.requestDeserialize(Check?.requestSerialize(request) ?? Buffer.of()), request);
  }
});

test("every status means the same to an independent implementation", () => {
  for (const [name, status] of Object.entries(ServingStatus)) {
    const theirs = { status: name } as unknown as { status: ServingStatus };
    assert.deepEqual(Check?.responseDeserialize(HealthService.check.responseSerialize({ status })), theirs);
    assert.deepEqual(HealthService.check.responseDeserialize(Check?.responseSerialize(theirs) ?? Buffer.of()), {
      status,
    });
  }
});

test("a list means the same to an independent implementation", () => {
  const statuses = new Map([
    ["", { status: ServingStatus.SERVING }],
    ["Hello", { status: ServingStatus.NOT_SERVING }],
    ["new", { status: ServingStatus.UNKNOWN }],
  ]);
  const bytes = HealthService.list.responseSerialize({ statuses });
  const theirs = List?.responseDeserialize(bytes) as unknown as { statuses: object };
  assert.deepEqual(theirs.statuses, {
    "": { status: "SERVING" },
    Hello: { status: "NOT_SERVING" },
    new: { status: "UNKNOWN" },
  });
  const encoded = (List as unknown as typeof HealthService.list).responseSerialize(theirs as never);
  assert.deepEqual(HealthService.list.responseDeserialize(encoded), { statuses });
});

test("unknown fields are passed over", () => {
  const bytes = Buffer.from("0a0548656c6c6f1001", "hex");
  assert.deepEqual(HealthService.check.requestDeserialize(bytes), { service: "Hello" });
});
