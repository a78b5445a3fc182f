"""Checks and then watches the health of a service: `health_client.py TARGET SERVICE`.

Prints one line for the result of Check, one for each response of Watch, and one for the status of the watch.
"""

import sys

import grpc

from messages import HealthCheckRequest, HealthCheckResponse

STATUSES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]


def run(target, service):
    with grpc.insecure_channel(target) as channel:
        codec = HealthCheckRequest.SerializeToString, HealthCheckResponse.FromString
        check = channel.unary_unary("/grpc.health.v1.Health/Check", *codec)
        watch = channel.unary_stream("/grpc.health.v1.Health/Watch", *codec)
        request = HealthCheckRequest(service=service)
        try:
            yield "Check " + STATUSES[check(request, timeout=30).status]
        except grpc.RpcError as error:
            yield "Check " + error.code().name
        responses = watch(request)
        try:
            for response in responses:
                yield "Watch " + STATUSES[response.status]
        except grpc.RpcError:
            pass
        yield "Watch ended with " + responses.code().name


if __name__ == "__main__":
    for line in run(*sys.argv[1:]):
        print(line, flush=True)
