"""Reads three responses of an endless stream, then cancels the call: `read_ticks.py TARGET`."""

import itertools
import sys

import grpc

from echo_pb2 import EchoRequest
from echo_pb2_grpc import EchoStub

with grpc.insecure_channel(sys.argv[1]) as channel:
    responses = EchoStub(channel).ServerStream(EchoRequest(value="tick"), timeout=30)
    for response in itertools.islice(responses, 3):
        print(f"Python: {response.value} {response.index}")
    responses.cancel()
