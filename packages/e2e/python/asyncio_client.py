"""Reads a JSON array of names from standard input and prints their greetings as another, requested concurrently."""

import asyncio
import json
import sys

import grpc

import hello_pb2
import hello_pb2_grpc


async def run(target, names):
    async with grpc.aio.insecure_channel(target) as channel:
        stub = hello_pb2_grpc.HelloStub(channel)
        responses = await asyncio.gather(
            *(stub.Hello(hello_pb2.HelloRequest(value=name), timeout=30) for name in names)
        )
        return [response.value for response in responses]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(sys.argv[1], json.load(sys.stdin.buffer)))))
