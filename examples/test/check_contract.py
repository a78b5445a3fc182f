"""Fails unless echo_pb2.py was generated from the contract whose descriptor set is the argument."""

import sys

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

import echo_pb2

with open(sys.argv[1], "rb") as file:
    (contract,) = FileDescriptorSet.FromString(file.read()).file
# Generated code leaves the derived JSON names out.
for message in contract.message_type:
    for field in message.field:
        field.ClearField("json_name")

if FileDescriptorProto.FromString(echo_pb2.DESCRIPTOR.serialized_pb) != contract:
    sys.exit("echo_pb2.py does not match the contract; generate it as examples/README.md says")
