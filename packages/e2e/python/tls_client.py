"""Prints the greeting for World, requested over TLS or mutual TLS: `tls_client.py TARGET CA [CERT KEY]`."""

import sys

import grpc

import hello_pb2
import hello_pb2_grpc


def read(path):
    with open(path, "rb") as file:
        return file.read()


def run(target, ca, cert=None, key=None):
    credentials = grpc.ssl_channel_credentials(read(ca), key and read(key), cert and read(cert))
    with grpc.secure_channel(target, credentials) as channel:
        return hello_pb2_grpc.HelloStub(channel).Hello(hello_pb2.HelloRequest(value="World"), timeout=30).value


if __name__ == "__main__":
    print(run(*sys.argv[1:]))
