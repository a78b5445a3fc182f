"""Fails unless hello_pb2.py was generated from the contract whose descriptor set is the argument."""

import sys

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

import hello_pb2

with open(sys.argv[1], "rb") as file:
    (contract,) = FileDescriptorSet.FromString(file.read()).file
# Generated code leaves the derived JSON names out.
for message in contract.message_type:
    for field in message.field:
        field.ClearField("json_name")

generated = FileDescriptorProto.FromString(hello_pb2.DESCRIPTOR.serialized_pb)
if generated != contract:
    sys.exit(f"hello_pb2.py is not the contract; generate it as README.md says\n{generated}\nis not\n{contract}")
