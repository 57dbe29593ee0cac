// tests/supervision/exit_reason_caf_test.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/exit_reason_caf.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/deep_to_string.hpp>
#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace slipway {
namespace {

std::vector<exit_reason> one_of_each() {
  return {
      exit_reason::normal(),
      exit_reason::shutdown(),
      exit_reason::shutdown("drained"),
      exit_reason::shutdown(""),
      exit_reason::killed(),
      exit_reason::noproc(),
      exit_reason::noconnection(),
      exit_reason::timeout(),
      exit_reason::error("boom", "text"),
      exit_reason::error("", ""),
      exit_reason::error("port_crashed", "exit status 1").with_stderr_tail({"one", "", "three"}),
      exit_reason::error("a", "1").with_cause(
          exit_reason::error("b", "2").with_stderr_tail({"x"}).with_cause(exit_reason::timeout())),
      exit_reason::failed_to_start_child("cache", exit_reason::killed()),
      exit_reason::shutdown().with_cause(exit_reason::timeout()),
      exit_reason::killed().with_stderr_tail({"last words"}),
  };
}

TEST(exit_reason_caf, every_reason_comes_back_as_it_went) {
  for (const exit_reason& reason : one_of_each()) {
    EXPECT_EQ(from_caf(to_caf(reason)), reason) << to_string(reason);
    EXPECT_EQ(from_caf(to_caf_notice(reason)), reason) << to_string(reason);
  }
}

TEST(exit_reason_caf, plain_reasons_are_cafs_own) {
  EXPECT_FALSE(to_caf(exit_reason::normal()));
  EXPECT_EQ(to_caf(exit_reason::shutdown()), caf::exit_reason::user_shutdown);
  EXPECT_EQ(to_caf(exit_reason::killed()), caf::exit_reason::kill);
}

TEST(exit_reason_caf, the_notice_of_a_kill_can_be_trapped) {
  EXPECT_NE(to_caf_notice(exit_reason::killed()), caf::exit_reason::kill);
}

TEST(exit_reason_caf, what_caf_reports_is_read_as_what_it_means) {
  const std::vector<std::pair<caf::error, exit_reason>> table{
      {caf::error{}, exit_reason::normal()},
      {caf::exit_reason::user_shutdown, exit_reason::shutdown()},
      {caf::exit_reason::kill, exit_reason::killed()},
      {caf::exit_reason::unreachable, exit_reason::noproc()},
      {caf::exit_reason::unknown, exit_reason::noproc()},
      {caf::exit_reason::remote_link_unreachable, exit_reason::noconnection()},
      {caf::exit_reason::unhandled_exception,
       exit_reason::error("unhandled_exception", "reported by CAF")},
      {caf::sec::request_timeout, exit_reason::timeout()},
      {caf::sec::request_receiver_down, exit_reason::noproc()},
      {caf::sec::socket_disconnected, exit_reason::noconnection()},
      {caf::sec::runtime_error, exit_reason::error("runtime_error", "reported by CAF")},
  };
  for (const auto& [error, reason] : table) {
    EXPECT_EQ(from_caf(error), reason) << caf::to_string(error);
  }
  const exit_reason foreign = from_caf(caf::error{7, caf::atom("mine")});
  EXPECT_EQ(foreign.kind, exit_kind::error);
  EXPECT_EQ(foreign.type, "mine");
}

TEST(exit_reason_caf, a_reason_can_be_written_to_bytes_and_read_back) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  for (const exit_reason& reason : one_of_each()) {
    std::vector<char> bytes;
    caf::binary_serializer sink{system, bytes};
    ASSERT_FALSE(sink(reason));
    exit_reason read = exit_reason::timeout();
    caf::binary_deserializer source{system, bytes};
    ASSERT_FALSE(source(read));
    EXPECT_EQ(read, reason) << to_string(reason);
  }
}

TEST(exit_reason_caf, fields_that_are_no_reason_become_an_error_and_nothing_is_read_past_them) {
  const std::vector<std::vector<std::string>> table{
      {},
      {"7"},
      {"7", "type", "message"},
      {"8", "type", "message", "0"},
      {"x", "type", "message", "0"},
      {"-1", "type", "message", "0"},
      {"7", "type", "message", "1"},
      {"7", "type", "message", "18446744073709551615"},
      {"7", "type", "message", "99999999999999999999999"},
      {"7", "type", "message", "0", "7"},
  };
  for (const auto& fields : table) {
    EXPECT_EQ(detail::unflatten(fields).type, "malformed_exit_reason");
  }
}

}  // namespace
}  // namespace slipway
