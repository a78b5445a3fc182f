"""Prints the failure of a greeting and its field violations as JSON: `status_client.py TARGET NAME`."""

import json
import sys

import grpc

import hello_pb2
import hello_pb2_grpc
from messages import BadRequest, Status


def run(target, name):
    with grpc.insecure_channel(target) as channel:
        try:
            hello_pb2_grpc.HelloStub(channel).Hello(hello_pb2.HelloRequest(value=name), timeout=30)
        except grpc.RpcError as error:
            return describe(error)


def describe(error):
    violations = []
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            status = Status.FromString(value)
            # grpcio-status, which Debian does not package, checks the same.
            assert status.code == error.code().value[0], status
            assert status.message == error.details(), status
            for detail in status.details:
                bad_request = BadRequest()
                assert detail.Unpack(bad_request), detail
                violations += [[violation.field, violation.description] for violation in bad_request.field_violations]
    return {"code": error.code().name, "details": error.details(), "violations": violations}


if __name__ == "__main__":
    print(json.dumps(run(*sys.argv[1:])))
