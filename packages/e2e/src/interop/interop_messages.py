"""Messages of gRPC's interoperability tests, built from the descriptor set of the contract."""

import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SERVICE = "/grpc.testing.TestService/"


def load_messages(descriptor_file):
    """Adds the message classes to this module."""
    with open(descriptor_file, "rb") as file:
        (contract,) = descriptor_pb2.FileDescriptorSet.FromString(file.read()).file
    pool = descriptor_pool.DescriptorPool()
    pool.Add(contract)
    factory = message_factory.MessageFactory(pool)
    for message in contract.message_type:
        descriptor = pool.FindMessageTypeByName(f"grpc.testing.{message.name}")
        setattr(sys.modules[__name__], message.name, factory.GetPrototype(descriptor))
