// slipway/supervision/detail/server_step.hpp
//
// What a gen_server does after a callback, without its types: the seam between the templates of
// gen_server.hpp and the actor that runs them (server_process).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/exit_reason.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace slipway::gen_server::detail {

/// Something for a server, whose type only its handle and its adapter know.
class server_mail {
 public:
  server_mail() = default;
  server_mail(const server_mail&) = delete;
  server_mail& operator=(const server_mail&) = delete;
  server_mail(server_mail&&) = delete;
  server_mail& operator=(server_mail&&) = delete;
  virtual ~server_mail() = default;
};

using server_mail_ptr = std::shared_ptr<const server_mail>;

/// What comes after a callback. Default: wait for the next message.
struct server_step {
  std::optional<std::chrono::milliseconds> timeout = {};  ///< at most so long
  server_mail_ptr next = {};                              ///< first this
  std::optional<exit_reason> stop = {};                   ///< end, whatever else is set
  std::function<void()> last_reply = {};                  ///< with `stop`: after terminate
};

/// Mail for servers of one type.
template <class Server>
class server_mail_for : public server_mail {
 public:
  virtual server_step deliver(Server& server) const = 0;
};

}  // namespace slipway::gen_server::detail
