"""Serves Hello with a pool of ten threads on a free port, which it prints."""

from concurrent import futures

import grpc

import hello_pb2
import hello_pb2_grpc


class Hello(hello_pb2_grpc.HelloServicer):
    def Hello(self, request, context):
        return hello_pb2.HelloResponse(value=f"Hello {request.value}")


def serve():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=10))
    hello_pb2_grpc.add_HelloServicer_to_server(Hello(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    serve()
