# Makes gRPC's interoperability server listen on the loopback interface and print its port:
# `ruby -r ./print_port.rb server.rb --port 0`.

require 'grpc'

module PrintPort
  def add_http2_port(address, credentials)
    port = super(address.sub('0.0.0.0', '127.0.0.1'), credentials)
    $stdout.puts(port)
    $stdout.flush
    port
  end
end

GRPC::RpcServer.prepend(PrintPort)
