"""Answers every call with the status that the request contains as JSON. Serves on a free port, which it prints."""

import base64
import json
from concurrent import futures

import grpc

import hello_pb2
import hello_pb2_grpc

CODES = {code.value[0]: code for code in grpc.StatusCode}


class StatusServicer(hello_pb2_grpc.HelloServicer):
    def Hello(self, request, context):
        requested = json.loads(request.value)
        if requested["code"] == 0:
            return hello_pb2.HelloResponse(value="OK")
        context.set_trailing_metadata(
            [
                ("x-shard", "7"),
                ("grpc-status-details-bin", base64.b64decode(requested["statusDetails"])),
            ]
        )
        context.abort(CODES[requested["code"]], requested["details"])


def serve():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    hello_pb2_grpc.add_HelloServicer_to_server(StatusServicer(), server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    serve()
