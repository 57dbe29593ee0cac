// tests/supervision/name_registry_test.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/name_registry.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr auto limit = 20s;

class name_registry_test : public testing::Test {
 protected:
  caf::actor spawn() {
    return system_.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](int) {}}; });
  }
  // Returns when the actor is gone for everybody.
  void end(const caf::actor& actor) {
    const caf::scoped_actor self{system_};
    self->monitor(actor);
    self->send_exit(actor, caf::exit_reason::user_shutdown);
    self->receive([](const caf::down_msg&) {});
  }

  caf::actor_system_config config_;
  caf::actor_system system_{config_};
  name_registry names_;
};

TEST_F(name_registry_test, a_registered_name_is_found_until_its_actor_ends) {
  const auto actor = spawn();
  ASSERT_TRUE(names_.register_name("a", actor));
  ASSERT_TRUE(names_.register_name("b", actor));
  EXPECT_EQ(names_.whereis("a"), actor);
  EXPECT_THAT(names_.registered(), ElementsAre("a", "b"));
  end(actor);
  EXPECT_FALSE(names_.whereis("a"));
  EXPECT_THAT(names_.registered(), ElementsAre());
}

TEST_F(name_registry_test, a_name_in_use_is_refused_and_the_error_says_who_has_it) {
  const auto first = spawn();
  const auto second = spawn();
  ASSERT_TRUE(names_.register_name("a", first));
  const auto refused = names_.register_name("a", second);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, registry_errc::already_registered);
  EXPECT_EQ(refused.error().holder, first);
  end(first);
  EXPECT_TRUE(names_.register_name("a", second));
  end(second);
}

TEST_F(name_registry_test, an_ended_actor_no_actor_and_no_name_are_refused) {
  const auto actor = spawn();
  EXPECT_EQ(names_.register_name("", actor).error().code, registry_errc::empty_name);
  EXPECT_EQ(names_.register_name("a", {}).error().code, registry_errc::no_actor);
  end(actor);
  EXPECT_EQ(names_.register_name("a", actor).error().code, registry_errc::no_actor);
  EXPECT_THAT(names_.registered(), ElementsAre());
}

TEST_F(name_registry_test, the_end_of_an_actor_leaves_a_name_alone_that_is_another_s_by_now) {
  const auto first = spawn();
  const auto second = spawn();
  ASSERT_TRUE(names_.register_name("a", first));
  ASSERT_TRUE(names_.unregister_name("a"));
  EXPECT_FALSE(names_.unregister_name("a"));
  ASSERT_TRUE(names_.register_name("a", second));
  end(first);
  EXPECT_EQ(names_.whereis("a"), second);
  end(second);
}

TEST_F(name_registry_test, who_sees_the_end_of_an_actor_can_give_its_name_away_at_once) {
  for (int i = 0; i < 100; ++i) {
    const auto first = spawn();
    const auto second = spawn();
    ASSERT_TRUE(names_.register_name("a", first));
    end(first);
    ASSERT_TRUE(names_.register_name("a", second));
    ASSERT_TRUE(names_.unregister_name("a"));
    end(second);
  }
}

TEST_F(name_registry_test, a_registry_keeps_no_actor_alive) {
  // Lazy: no scheduler holds it either.
  auto actor = system_.spawn<caf::lazy_init>(
      [](caf::event_based_actor*) -> caf::behavior { return {[](int) {}}; });
  ASSERT_TRUE(names_.register_name("a", actor));
  EXPECT_TRUE(names_.whereis("a"));
  actor = nullptr;
  EXPECT_FALSE(names_.whereis("a"));
}

TEST_F(name_registry_test, waiting_for_a_name_ends_when_somebody_takes_it) {
  const auto actor = spawn();
  std::thread late([&] { EXPECT_TRUE(names_.register_name("a", actor)); });
  const auto found = names_.wait_until_registered("a", limit);
  late.join();
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, actor);
  EXPECT_EQ(names_.wait_until_registered("a", 0ms), actor);
  end(actor);
}

TEST_F(name_registry_test, waiting_for_a_name_that_nobody_takes_is_a_timeout_that_names_it) {
  const auto found = names_.wait_until_registered("nobody", 1ms);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, registry_errc::timeout);
  EXPECT_THAT(found.error().message, testing::HasSubstr("\"nobody\""));
}

}  // namespace
}  // namespace slipway
