// bench/pipe_worker.cpp
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <bench/pipe_worker.hpp>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace slipway::bench {
namespace {

constexpr std::size_t header_bytes = 4;
constexpr std::size_t pipe_bytes = std::size_t{64} * 1024;

void check(bool succeeded, const char* what) {
  if (!succeeded) {
    throw std::system_error(errno, std::generic_category(), what);
  }
}

std::size_t length_in(const char* header) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < header_bytes; ++i) {
    length = length << 8U | static_cast<unsigned char>(header[i]);
  }
  return length;
}

bool is_answer_to(std::uint64_t id, const msgpack::object& answer) {
  bool same_id = false;
  bool success = false;
  for (const auto& [key, held] : answer.via.map) {
    const auto name = key.as<std::string_view>();
    if (name == "id") {
      same_id = held.as<std::uint64_t>() == id;
    } else if (name == "success") {
      success = held.as<bool>();
    }
  }
  return same_id && success;
}

}  // namespace

pipe_worker::pipe_worker(const pipe_worker_command& command) : in_(pipe_bytes) {
  std::array<int, 2> requests{};
  std::array<int, 2> responses{};
  check(::pipe2(requests.data(), O_CLOEXEC) == 0, "pipe2");
  check(::pipe2(responses.data(), O_CLOEXEC) == 0, "pipe2");
  pid_ = ::fork();
  check(pid_ >= 0, "fork");
  if (pid_ == 0) {
    ::dup2(requests[0], STDIN_FILENO);
    ::dup2(responses[1], STDOUT_FILENO);
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread has been started yet.
    ::setenv("PYTHONPATH", command.python_path.c_str(), 1);
    ::execl(command.python.c_str(), command.python.c_str(), "-m", "slipway_worker", "--mode",
            "pool-worker", "--worker-id", "floor", "--module", command.module.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(requests[0]);
  ::close(responses[1]);
  to_worker_ = requests[1];
  from_worker_ = responses[0];
  msgpack::object no_args;
  no_args.type = msgpack::type::MAP;
  no_args.via.map = {0, nullptr};
  call("ping", no_args);
}

pipe_worker::~pipe_worker() {
  ::close(to_worker_);
  ::close(from_worker_);
  ::waitpid(pid_, nullptr, 0);
}

msgpack::object_handle pipe_worker::call(const std::string& command, const msgpack::object& args) {
  const std::uint64_t id = ++last_id_;
  out_.clear();
  out_.write("\0\0\0\0", header_bytes);
  msgpack::packer<msgpack::sbuffer> packer(out_);
  packer.pack_map(3);
  packer.pack("id");
  packer.pack(id);
  packer.pack("command");
  packer.pack(command);
  packer.pack("args");
  packer.pack(args);
  const std::size_t length = out_.size() - header_bytes;
  for (std::size_t i = 0; i < header_bytes; ++i) {
    out_.data()[i] = static_cast<char>(length >> (8 * (header_bytes - 1 - i)));
  }
  write_all(out_.data(), out_.size());

  std::size_t have = read_some(0);
  while (have < header_bytes) {
    have += read_some(have);
  }
  const std::size_t whole = header_bytes + length_in(in_.data());
  if (in_.size() < whole) {
    in_.resize(whole);
  }
  while (have < whole) {
    have += read_some(have);
  }
  auto answer = msgpack::unpack(in_.data() + header_bytes, whole - header_bytes);
  if (!is_answer_to(id, answer.get())) {
    throw std::runtime_error("the worker gave another answer than the one asked for");
  }
  return answer;
}

void pipe_worker::write_all(const char* bytes, std::size_t count) const {
  while (count > 0) {
    const ssize_t written = ::write(to_worker_, bytes, count);
    check(written > 0, "write");
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
}

std::size_t pipe_worker::read_some(std::size_t at) {
  const ssize_t got = ::read(from_worker_, in_.data() + at, in_.size() - at);
  check(got > 0, "read");
  return static_cast<std::size_t>(got);
}

}  // namespace slipway::bench
