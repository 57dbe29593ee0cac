// slipway/actors/trace_file.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/trace_file.hpp>
#include <slipway/actors/unique_fd.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace slipway {
namespace {

constexpr std::size_t flush_at_bytes = std::size_t{32} * 1024;
constexpr std::size_t most_tracks = 4096;
constexpr std::string_view end_of_list = "\n]\n";

void append_quoted(std::string& to, std::string_view text) {
  to += '"';
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    if (each == '"' || each == '\\') {
      to += '\\';
      to += each;
    } else if (byte < 0x20 || byte > 0x7e) {
      // Whatever is no ASCII, as broken UTF-8 of a worker, byte by byte: always valid.
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", byte);
      to += escaped.data();
    } else {
      to += each;
    }
  }
  to += '"';
}

// The format counts microseconds; three digits after the point keep the nanoseconds.
void append_microseconds(std::string& to, std::int64_t nanoseconds) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%lld.%03lld", static_cast<long long>(nanoseconds / 1000),
                static_cast<long long>(nanoseconds % 1000));
  to += text.data();
}

std::int64_t length_of(const telemetry_record& record, std::string_view key) {
  return std::chrono::round<std::chrono::nanoseconds>(
             std::chrono::duration<double>(record.measurement(key)))
      .count();
}

}  // namespace

class trace_file::impl {
 public:
  impl(unique_fd file, time_point zero) : file_(std::move(file)), zero_(zero) {
    pending_ = R"([
{"name":"process_name","ph":"M","pid":1,"tid":0,"args":{"name":"slipway"}})";
    write_pending();
  }

  void take(const telemetry_record& record) {
    std::lock_guard guard(mutex_);
    if (closed_ || failed_) {
      return;
    }
    add(record);
    if (pending_.size() >= flush_at_bytes) {
      write_pending();
    }
  }

  void flush() {
    std::lock_guard guard(mutex_);
    write_pending();
  }

  void close() {
    std::lock_guard guard(mutex_);
    write_pending();
    closed_ = true;
    file_ = unique_fd();
  }

  [[nodiscard]] std::optional<std::string> failed() const {
    std::lock_guard guard(mutex_);
    return failed_;
  }

 private:
  struct track {
    std::uint64_t id = 0;
    std::int64_t free_from = 0;  // the end of its last slice
  };

  void add(const telemetry_record& record) {
    switch (record.event) {
      case telemetry_event::worker_ready: {
        const std::int64_t end = since_zero(record.at);
        slice(worker_track(record), "init", end - length_of(record, "duration_s"), end, record);
        break;
      }
      case telemetry_event::pool_checkin:
        busy(record);
        break;
      case telemetry_event::pool_checkout:
      case telemetry_event::worker_init_start:
      case telemetry_event::call_start:
      case telemetry_event::call_stop:
        break;  // told by the slice that ends later
      case telemetry_event::worker_init_failed:
      case telemetry_event::worker_init_cancelled:
      case telemetry_event::worker_exit:
      case telemetry_event::worker_removed:
      case telemetry_event::worker_degraded:
      case telemetry_event::worker_recovered:
      case telemetry_event::worker_check_failed:
      case telemetry_event::worker_stderr_flood:
      case telemetry_event::worker_recycle:
        instant(worker_track(record), record);
        break;
      case telemetry_event::handler_failed:
        instant(track_of("telemetry"), record);
        break;
      default:
        instant(track_of(record.text("pool").empty()
                             ? "supervisor " + std::string(record.text("supervisor"))
                             : "pool " + std::string(record.text("pool"))),
                record);
    }
  }

  // The worker's time with one client, and in it the exchange of the call.
  void busy(const telemetry_record& record) {
    track& where = worker_track(record);
    const std::int64_t end = since_zero(record.at);
    const std::int64_t granted = end - length_of(record, "held_s");
    const std::int64_t from = slice(where, "busy", granted, end, record);
    const std::int64_t exchanged = granted + length_of(record, "exchange_s");
    complete(where, record.text("command"), from, std::clamp(exchanged, from, where.free_from),
             record);
  }

  // Adds what there is room for behind the last slice; gives where it begins.
  std::int64_t slice(track& where, std::string_view name, std::int64_t start, std::int64_t end,
                     const telemetry_record& record) {
    start = std::max({start, where.free_from, std::int64_t{0}});
    where.free_from = std::max(end, start);
    complete(where, name, start, where.free_from, record);
    return start;
  }

  void complete(const track& where, std::string_view name, std::int64_t start, std::int64_t end,
                const telemetry_record& record) {
    begin_event(where, name, 'X', start);
    pending_ += ",\"dur\":";
    append_microseconds(pending_, end - start);
    end_event(record);
  }

  void instant(const track& where, const telemetry_record& record) {
    begin_event(where, to_string(record.event), 'i', since_zero(record.at));
    pending_ += R"(,"s":"t")";
    end_event(record);
  }

  void begin_event(const track& where, std::string_view name, char phase, std::int64_t at) {
    pending_ += ",\n{\"name\":";
    append_quoted(pending_, name);
    pending_ += R"(,"cat":"slipway","ph":")";
    pending_ += phase;
    pending_ += R"(","pid":1,"tid":)" + std::to_string(where.id) + ",\"ts\":";
    append_microseconds(pending_, at);
  }

  void end_event(const telemetry_record& record) {
    pending_ += ",\"args\":{";
    const char* separator = "";
    for (const auto& each : record.metadata) {
      pending_ += std::exchange(separator, ",");
      append_quoted(pending_, each.key);
      pending_ += ':';
      append_quoted(pending_, each.text);
    }
    pending_ += "}}";
  }

  track& worker_track(const telemetry_record& record) {
    return track_of(std::string(record.text("worker")));
  }

  track& track_of(const std::string& name) {
    const auto found = tracks_.find(name);
    if (found != tracks_.end()) {
      return found->second;
    }
    if (tracks_.size() >= most_tracks) {
      // The oldest; should it be heard of again, it gets another track of the same name.
      tracks_.erase(std::min_element(
          tracks_.begin(), tracks_.end(),
          [](const auto& left, const auto& right) { return left.second.id < right.second.id; }));
    }
    track& made = tracks_[name];
    made.id = ++last_track_;
    pending_ +=
        ",\n"
        R"({"name":"thread_name","ph":"M","pid":1,"tid":)" +
        std::to_string(made.id) + R"(,"args":{"name":)";
    append_quoted(pending_, name);
    pending_ += "}}";
    return made;
  }

  [[nodiscard]] std::int64_t since_zero(time_point at) const {
    return std::max<std::int64_t>(
        0, std::chrono::duration_cast<std::chrono::nanoseconds>(at - zero_).count());
  }

  void write_pending() {
    if (failed_ || closed_) {
      return;
    }
    const std::size_t kept = pending_.size();
    pending_ += end_of_list;
    std::string_view left = pending_;
    auto place = written_;
    while (!left.empty()) {
      const ssize_t done = ::pwrite(file_.get(), left.data(), left.size(), place);
      if (done < 0 && errno == EINTR) {
        continue;
      }
      if (done <= 0) {
        failed_ = std::generic_category().message(errno);
        break;
      }
      left.remove_prefix(static_cast<std::size_t>(done));
      place += done;
    }
    written_ += static_cast<off_t>(kept);
    pending_.clear();
  }

  mutable std::mutex mutex_;
  unique_fd file_;
  const time_point zero_;
  std::string pending_;
  off_t written_ = 0;  // without the end of the list
  bool closed_ = false;
  std::optional<std::string> failed_;
  std::map<std::string, track> tracks_;
  std::uint64_t last_track_ = 0;
};

trace_file::trace_file(std::shared_ptr<impl> state) : impl_(std::move(state)) {}

trace_file::~trace_file() {
  impl_->close();
}

result<std::unique_ptr<trace_file>, std::string> trace_file::create(const std::string& path,
                                                                    time_point zero) {
  constexpr int readable_by_all = 0644;
  unique_fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, readable_by_all));
  if (file.get() < 0) {
    return failure("cannot write the trace " + path + ": " +
                   std::generic_category().message(errno));
  }
  auto state = std::make_shared<impl>(std::move(file), zero);
  if (const auto why = state->failed()) {
    return failure("cannot write the trace " + path + ": " + *why);
  }
  return std::unique_ptr<trace_file>(new trace_file(std::move(state)));
}

telemetry_handler trace_file::handler() const {
  return [impl = impl_](const telemetry_record& record) { impl->take(record); };
}

void trace_file::flush() {
  impl_->flush();
}

std::optional<std::string> trace_file::failed() const {
  return impl_->failed();
}

}  // namespace slipway
