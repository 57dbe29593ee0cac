// slipway/actors/internal/in_process_workers.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/bridge_workers.hpp>
#include <slipway/actors/internal/call_outcome.hpp>
#include <slipway/actors/internal/programs_core.hpp>
#include <slipway/protocol/envelope_codec.hpp>

#include <array>
#include <chrono>
#include <ctime>
#include <mutex>
#include <span>
#include <utility>

namespace slipway::internal {
namespace {

std::string iso_time() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, sizeof "2026-01-01T00:00:00+00:00"> text{};
  const auto length = std::strftime(text.data(), text.size(), "%FT%T+00:00", &parts);
  return {text.data(), length};
}

std::span<const std::byte> payload_of(const byte_buffer& frame) {
  return std::span<const std::byte>(frame.data(), frame.size()).subspan(frame_header_bytes);
}

call_error raised(const std::string& command, remote_error error) {
  call_error told;
  told.code = call_errc::remote_exception;
  told.effect = call_effect::unknown;
  told.message = "'" + command + "' raised " + to_string(error);
  told.remote = std::move(error);
  return told;
}

class mock_worker : public bridge_workers {
 public:
  explicit mock_worker(std::map<std::string, bridge_answer> answers)
      : answers_(std::move(answers)) {}

  [[nodiscard]] std::size_t size() const override { return 1; }

  [[nodiscard]] result<value, call_error> call(std::size_t /*worker*/, const std::string& command,
                                               const value& args, duration /*timeout*/) override {
    if (const auto own = answers_.find(command); own != answers_.end()) {
      return own->second(args);
    }
    const std::lock_guard guard(mutex_);
    auto answer = programs_.answer(command, args, iso_time());
    if (!answer) {
      return failure(raised(command, std::move(answer).error()));
    }
    return std::move(*answer);
  }

  void stop() override {}

 private:
  const std::map<std::string, bridge_answer> answers_;
  std::mutex mutex_;
  programs_core programs_;
};

/// Writes and reads both envelopes as a worker and its client would.
class loopback_worker final : public mock_worker {
 public:
  loopback_worker(std::map<std::string, bridge_answer> answers, codec wire_codec)
      : mock_worker(std::move(answers)), codec_(wire_codec) {}

  [[nodiscard]] result<value, call_error> call(std::size_t worker, const std::string& command,
                                               const value& args, duration timeout) override {
    const call_subject subject{command, 1, codec_};
    byte_buffer frame;
    if (auto sent = encode_request(codec_, subject.id, command, args, frame); !sent) {
      return failure(not_encodable(command, sent.error()));
    }
    const auto received = decode_request(codec_, payload_of(frame));
    if (!received) {
      return failure(not_encodable(command, received.error()));
    }
    auto outcome = mock_worker::call(worker, received->command, received->args, timeout);
    if (!outcome && !outcome.error().remote) {
      // A user's answer that is no answer of a worker, such as a timeout: it has no bytes.
      return outcome;
    }
    response answer{subject.id, {}, {}};
    if (outcome) {
      answer.outcome = std::move(*outcome);
    } else {
      answer.outcome = failure(std::move(*outcome.error().remote));
    }
    if (auto sent = encode_response(codec_, answer, frame); !sent) {
      return failure(raised(command, {"ResultNotEncodable", to_string(sent.error()), {}}));
    }
    return read(subject, payload_of(frame), "loopback").outcome;
  }

 private:
  const codec codec_;
};

}  // namespace

std::unique_ptr<bridge_workers> in_process_workers(const bridge_config& config) {
  if (config.backend == bridge_backend::loopback) {
    return std::make_unique<loopback_worker>(config.answers,
                                             config.wire_codec.value_or(codec::msgpack));
  }
  return std::make_unique<mock_worker>(config.answers);
}

}  // namespace slipway::internal
