"""Checks that echo_pb2.py was generated from the contract in a descriptor set: `check_contract.py FILE`."""

import sys

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

import echo_pb2

with open(sys.argv[1], "rb") as file:
    (contract,) = FileDescriptorSet.FromString(file.read()).file
# Generated code omits the derived JSON names.
for message in contract.message_type:
    for field in message.field:
        field.ClearField("json_name")

if FileDescriptorProto.FromString(echo_pb2.DESCRIPTOR.serialized_pb) != contract:
    sys.exit("echo_pb2.py does not match the contract: regenerate it as described in examples/README.md")
