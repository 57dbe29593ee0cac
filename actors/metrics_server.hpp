// slipway/actors/metrics_server.hpp
//
// Serves metrics to a Prometheus that scrapes: http://127.0.0.1:PORT/metrics.
// Belongs here: the server, which is civetweb's. Does not: what is measured (metrics).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/metrics.hpp>
#include <slipway/protocol/result.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace slipway {

/// Serves on two threads of its own until it goes.
class metrics_server {
 public:
  /// @param served  may go before the server does.
  /// @param port    0: any that is free.
  /// Errors         a sentence, as when the port is taken. Only this machine can reach it.
  [[nodiscard]] static result<std::unique_ptr<metrics_server>, std::string> start(
      const metrics& served, std::uint16_t port);

  metrics_server(const metrics_server&) = delete;
  metrics_server& operator=(const metrics_server&) = delete;
  metrics_server(metrics_server&&) = delete;
  metrics_server& operator=(metrics_server&&) = delete;
  ~metrics_server();

  [[nodiscard]] std::uint16_t port() const;
  /// "http://127.0.0.1:9464/metrics".
  [[nodiscard]] std::string url() const;

 private:
  class impl;
  explicit metrics_server(std::unique_ptr<impl> state);
  std::unique_ptr<impl> impl_;
};

}  // namespace slipway
