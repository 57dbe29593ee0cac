// slipway/actors/metrics_server.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/metrics_server.hpp>

#include <array>
#include <civetweb.h>
#include <utility>

namespace slipway {

class metrics_server::impl {
 public:
  explicit impl(metrics served) : served_(std::move(served)) {}
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  impl(impl&&) = delete;
  impl& operator=(impl&&) = delete;
  ~impl() {
    if (server_ != nullptr) {
      mg_stop(server_);
    }
  }

  /// False: `fault` says why.
  [[nodiscard]] bool listen(std::uint16_t port) {
    const std::string address = "127.0.0.1:" + std::to_string(port);
    std::array<const char*, 5> options{"listening_ports", address.c_str(), "num_threads", "2",
                                       nullptr};
    mg_callbacks callbacks{};
    callbacks.log_message = [](const mg_connection* connection, const char* text) {
      auto* const self = static_cast<impl*>(mg_get_user_data(mg_get_context(connection)));
      if (self != nullptr && self->server_ == nullptr) {
        self->fault_ = text;
      }
      return 1;  // said here, so not to be written to the host's standard error
    };
    server_ = mg_start(&callbacks, this, options.data());
    if (server_ == nullptr) {
      return false;
    }
    std::array<mg_server_port, 1> ports{};
    mg_get_server_ports(server_, static_cast<int>(ports.size()), ports.data());
    port_ = static_cast<std::uint16_t>(ports[0].port);
    mg_set_request_handler(server_, "/metrics$", answer, this);
    return true;
  }

  [[nodiscard]] const std::string& fault() const { return fault_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  static int answer(mg_connection* to, void* self) {
    constexpr int ok = 200;
    const std::string text = static_cast<impl*>(self)->served_.text();
    mg_send_http_ok(to, "text/plain; version=0.0.4; charset=utf-8",
                    static_cast<long long>(text.size()));
    mg_write(to, text.data(), text.size());
    return ok;
  }

  const metrics served_;
  mg_context* server_ = nullptr;
  std::string fault_;
  std::uint16_t port_ = 0;
};

metrics_server::metrics_server(std::unique_ptr<impl> state) : impl_(std::move(state)) {}

metrics_server::~metrics_server() = default;

result<std::unique_ptr<metrics_server>, std::string> metrics_server::start(const metrics& served,
                                                                           std::uint16_t port) {
  auto state = std::make_unique<impl>(served);
  if (!state->listen(port)) {
    return failure("cannot serve metrics on 127.0.0.1:" + std::to_string(port) + ": " +
                   state->fault());
  }
  return std::unique_ptr<metrics_server>(new metrics_server(std::move(state)));
}

std::uint16_t metrics_server::port() const {
  return impl_->port();
}

std::string metrics_server::url() const {
  return "http://127.0.0.1:" + std::to_string(port()) + "/metrics";
}

}  // namespace slipway
