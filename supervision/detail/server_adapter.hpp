// slipway/supervision/detail/server_adapter.hpp
//
// Between a user's server type and the actor that runs it: each kind of mail calls its callback,
// and each return becomes a step.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/detail/server_process.hpp>
#include <slipway/supervision/gen_server_call.hpp>
#include <slipway/supervision/gen_server_info.hpp>
#include <slipway/supervision/gen_server_return.hpp>

#include <caf/message.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <typeindex>
#include <utility>

namespace slipway::gen_server {

template <class Server>
class context;
struct start_error;
struct start_options;

namespace detail {

template <class Server, class Request>
class call_mail final : public server_mail_for<Server> {
 public:
  using reply_type = typename Request::reply;

  call_mail(Request request, from<reply_type> caller)
      : request_(std::move(request)), caller_(std::move(caller)) {}

  server_step deliver(Server& server) const override {
    call_return<Server, reply_type> given = server.handle_call(request_, caller_);
    auto reply = std::move(given).take_reply();
    // NOLINTNEXTLINE(bugprone-use-after-move): each of the two takes another part of it.
    server_step step = std::move(given).take();
    if (reply && step.stop) {
      // Shared, because a std::function has to be copyable.
      step.last_reply = [caller = caller_, last = std::make_shared<reply_type>(std::move(*reply))] {
        caller.reply(std::move(*last));
      };
    } else if (reply) {
      caller_.reply(std::move(*reply));
    }
    return step;
  }

 private:
  Request request_;
  from<reply_type> caller_;
};

template <class Server, class Message>
class cast_mail final : public server_mail_for<Server> {
 public:
  explicit cast_mail(Message message) : message_(std::move(message)) {}
  server_step deliver(Server& server) const override {
    return noreply_return<Server>(server.handle_cast(message_)).take();
  }

 private:
  Message message_;
};

template <class Server, class Message>
class info_mail final : public server_mail_for<Server> {
 public:
  explicit info_mail(Message message) : message_(std::move(message)) {}
  server_step deliver(Server& server) const override {
    return noreply_return<Server>(server.handle_info(message_)).take();
  }

 private:
  Message message_;
};

template <class Server>
class server_adapter final : public detail::server_callbacks {
 public:
  using maker = std::function<std::unique_ptr<Server>()>;

  explicit server_adapter(maker make) : make_(std::move(make)) {}

  [[nodiscard]] std::type_index type() const override { return typeid(Server); }

  detail::server_init init(detail::server_host& host) override {
    context_.emplace(host);
    server_ = std::exchange(make_, nullptr)();
    if constexpr (requires(Server & server, context<Server> & self) { server.init(self); }) {
      init_return<Server> given = server_->init(*context_);
      const bool ignored = given.ignored();
      return {ignored, std::move(given).take()};
    } else {
      return {};
    }
  }

  server_step deliver(const detail::server_mail& mail) override {
    // Only handles of this type of server make mail for it.
    return static_cast<const server_mail_for<Server>&>(mail).deliver(*server_);
  }

  std::optional<server_step> foreign(const caf::message& message) override {
    return foreign(message, typename infos_of<Server>::type{});
  }
  std::optional<server_step> timed_out() override { return offer(timeout{}); }
  std::optional<server_step> went_down(const down& notice) override { return offer(notice); }
  std::optional<server_step> exited(const exit_signal& signal) override { return offer(signal); }

  void terminate(const exit_reason& reason) override {
    if constexpr (requires(Server & server) { server.terminate(reason); }) {
      server_->terminate(reason);
    }
  }

 private:
  template <class Message>
  std::optional<server_step> offer(const Message& message) {
    if constexpr (takes_info<Server, Message>) {
      return noreply_return<Server>(server_->handle_info(message)).take();
    } else {
      return std::nullopt;
    }
  }

  template <class... Infos>
  std::optional<server_step> foreign(const caf::message& message, messages<Infos...> /*list*/) {
    std::optional<server_step> step;
    [[maybe_unused]] const auto is_it = [&]<class Info>(std::type_identity<Info>) {
      if (!message.match_elements<Info>()) {
        return false;
      }
      step = offer(message.get_as<Info>(0));
      return true;
    };
    static_cast<void>((is_it(std::type_identity<Infos>{}) || ...));
    return step;
  }

  maker make_;
  std::optional<context<Server>> context_;
  std::unique_ptr<Server> server_;
};

template <class Server, class... Args>
std::unique_ptr<detail::server_callbacks> make_callbacks(Args&&... args) {
  // Shared, because a std::function has to be copyable; it is called once.
  auto held = std::make_shared<std::tuple<std::decay_t<Args>...>>(std::forward<Args>(args)...);
  return std::make_unique<server_adapter<Server>>([held] {
    return std::apply([](auto&... each) { return std::make_unique<Server>(std::move(each)...); },
                      *held);
  });
}

[[nodiscard]] result<caf::actor, start_error> start_and_wait(caf::actor_system& system,
                                                             const start_options& options,
                                                             detail::server_setup setup);

[[nodiscard]] start_result start_supervised(start_context& supervised, const start_options& options,
                                            std::unique_ptr<detail::server_callbacks> callbacks);

}  // namespace detail

}  // namespace slipway::gen_server
