"""Reads a JSON array of names from standard input and prints their greetings as another, requested one by one."""

import json
import sys

import grpc

import hello_pb2
import hello_pb2_grpc


def run(target, names):
    with grpc.insecure_channel(target) as channel:
        stub = hello_pb2_grpc.HelloStub(channel)
        return [stub.Hello(hello_pb2.HelloRequest(value=name), timeout=30).value for name in names]


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], json.load(sys.stdin.buffer))))
