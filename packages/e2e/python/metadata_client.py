"""Prints the greeting for a name, requested with metadata: `metadata_client.py TARGET NAME KEY=VALUE...`."""

import sys

import grpc

import hello_pb2
import hello_pb2_grpc


def run(target, name, *metadata):
    with grpc.insecure_channel(target) as channel:
        stub = hello_pb2_grpc.HelloStub(channel)
        pairs = [tuple(pair.split("=", 1)) for pair in metadata]
        return stub.Hello(hello_pb2.HelloRequest(value=name), timeout=30, metadata=pairs).value


if __name__ == "__main__":
    print(run(*sys.argv[1:]))
