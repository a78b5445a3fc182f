"""Messages of gRPC's standard services for the programs in this folder, built without generated code."""

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory

_Field = descriptor_pb2.FieldDescriptorProto


def _add_message(file, name, *fields):
    message = file.message_type.add(name=name)
    for number, (field, type_name, repeated) in enumerate(fields, 1):
        label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
        if type_name.startswith("."):
            message.field.add(name=field, number=number, label=label, type=_Field.TYPE_MESSAGE, type_name=type_name)
        else:
            message.field.add(name=field, number=number, label=label, type=_Field.Type.Value(f"TYPE_{type_name}"))


def _classes():
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(any_pb2.DESCRIPTOR.serialized_pb)

    # https://github.com/grpc/grpc-proto/blob/master/grpc/health/v1/health.proto
    health = descriptor_pb2.FileDescriptorProto(name="health.proto", package="grpc.health.v1", syntax="proto3")
    _add_message(health, "HealthCheckRequest", ("service", "STRING", False))
    _add_message(health, "HealthCheckResponse", ("status", "INT32", False))
    pool.Add(health)

    # https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto and error_details.proto
    rpc = descriptor_pb2.FileDescriptorProto(
        name="rpc.proto", package="google.rpc", syntax="proto3", dependency=["google/protobuf/any.proto"]
    )
    _add_message(
        rpc, "Status", ("code", "INT32", False), ("message", "STRING", False), ("details", ".google.protobuf.Any", True)
    )
    _add_message(rpc, "FieldViolation", ("field", "STRING", False), ("description", "STRING", False))
    _add_message(rpc, "BadRequest", ("field_violations", ".google.rpc.FieldViolation", True))
    pool.Add(rpc)

    factory = message_factory.MessageFactory(pool)
    names = ["grpc.health.v1.HealthCheckRequest", "grpc.health.v1.HealthCheckResponse"]
    names += ["google.rpc.Status", "google.rpc.BadRequest"]
    return [factory.GetPrototype(pool.FindMessageTypeByName(name)) for name in names]


HealthCheckRequest, HealthCheckResponse, Status, BadRequest = _classes()
