package main

// Messages of the contract, with the tags of generated code.

// Methods of every message, embedded with a name that golang/protobuf does not treat as a field.
type XXX_NoUnkeyedLiteral struct{}

func (XXX_NoUnkeyedLiteral) Reset()         {}
func (XXX_NoUnkeyedLiteral) String() string { return "" }
func (XXX_NoUnkeyedLiteral) ProtoMessage()  {}

type Empty struct{ XXX_NoUnkeyedLiteral }

type BoolValue struct {
	XXX_NoUnkeyedLiteral
	Value bool `protobuf:"varint,1,opt,name=value,proto3"`
}

type Payload struct {
	XXX_NoUnkeyedLiteral
	Body []byte `protobuf:"bytes,2,opt,name=body,proto3"`
}

type EchoStatus struct {
	XXX_NoUnkeyedLiteral
	Code    int32  `protobuf:"varint,1,opt,name=code,proto3"`
	Message string `protobuf:"bytes,2,opt,name=message,proto3"`
}

type SimpleRequest struct {
	XXX_NoUnkeyedLiteral
	ResponseSize       int32       `protobuf:"varint,2,opt,name=response_size,proto3"`
	Payload            *Payload    `protobuf:"bytes,3,opt,name=payload,proto3"`
	ResponseCompressed *BoolValue  `protobuf:"bytes,6,opt,name=response_compressed,proto3"`
	ResponseStatus     *EchoStatus `protobuf:"bytes,7,opt,name=response_status,proto3"`
	ExpectCompressed   *BoolValue  `protobuf:"bytes,8,opt,name=expect_compressed,proto3"`
}

type SimpleResponse struct {
	XXX_NoUnkeyedLiteral
	Payload *Payload `protobuf:"bytes,1,opt,name=payload,proto3"`
}

type StreamingInputCallRequest struct {
	XXX_NoUnkeyedLiteral
	Payload          *Payload   `protobuf:"bytes,1,opt,name=payload,proto3"`
	ExpectCompressed *BoolValue `protobuf:"bytes,2,opt,name=expect_compressed,proto3"`
}

type StreamingInputCallResponse struct {
	XXX_NoUnkeyedLiteral
	AggregatedPayloadSize int32 `protobuf:"varint,1,opt,name=aggregated_payload_size,proto3"`
}

type ResponseParameters struct {
	XXX_NoUnkeyedLiteral
	Size       int32      `protobuf:"varint,1,opt,name=size,proto3"`
	IntervalUs int32      `protobuf:"varint,2,opt,name=interval_us,proto3"`
	Compressed *BoolValue `protobuf:"bytes,3,opt,name=compressed,proto3"`
}

type StreamingOutputCallRequest struct {
	XXX_NoUnkeyedLiteral
	ResponseParameters []*ResponseParameters `protobuf:"bytes,2,rep,name=response_parameters,proto3"`
	Payload            *Payload              `protobuf:"bytes,3,opt,name=payload,proto3"`
	ResponseStatus     *EchoStatus           `protobuf:"bytes,7,opt,name=response_status,proto3"`
}

type StreamingOutputCallResponse struct {
	XXX_NoUnkeyedLiteral
	Payload *Payload `protobuf:"bytes,1,opt,name=payload,proto3"`
}

func zeros(size int) *Payload {
	return &Payload{Body: make([]byte, size)}
}
