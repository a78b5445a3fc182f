"""Fails unless hello_pb2.py was generated from the contract whose descriptor set is the argument."""

import sys

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

import hello_pb2

with open(sys.argv[1], "rb") as file:
    (contract,) = FileDescriptorSet.FromString(file.read()).file
# Generated code omits the derived JSON names.
for message in contract.message_type:
    for field in message.field:
        field.ClearField("json_name")

generated = FileDescriptorProto.FromString(hello_pb2.DESCRIPTOR.serialized_pb)
if generated != contract:
    sys.exit(f"hello_pb2.py differs from the contract; see README.md to generate it\n{generated}\nis not\n{contract}")
