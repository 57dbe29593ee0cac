// slipway/harness/internal/relay_message.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/internal/relay_message.hpp>

#include <cstring>

namespace slipway::harness::internal {
namespace {

template <class Value>
void append(std::string& packet, const Value& value) {
  static_assert(std::is_trivially_copyable_v<Value>);
  const std::size_t at = packet.size();
  packet.resize(at + sizeof value);
  std::memcpy(packet.data() + at, &value, sizeof value);
}

template <class Value>
std::optional<Value> take(std::string_view& packet) {
  static_assert(std::is_trivially_copyable_v<Value>);
  if (packet.size() < sizeof(Value)) {
    return std::nullopt;
  }
  Value value;
  std::memcpy(&value, packet.data(), sizeof value);
  packet.remove_prefix(sizeof value);
  return value;
}

}  // namespace

std::string pack(const relay_report& report, std::string_view session) {
  std::string packet;
  append(packet, report);
  if (packet.size() + session.size() <= max_relay_packet_bytes) {
    packet.append(session);
  }
  return packet;
}

std::string pack(const relay_orders& orders) {
  std::string packet(1, orders.answers ? '\1' : '\0');
  for (const relay_order& order : orders.orders) {
    append(packet, order);
  }
  return packet;
}

std::optional<unpacked_report> unpack_report(std::string_view packet) {
  const auto report = take<relay_report>(packet);
  return report ? std::optional(unpacked_report{*report, std::string(packet)}) : std::nullopt;
}

std::optional<relay_orders> unpack_orders(std::string_view packet) {
  if (packet.empty()) {
    return std::nullopt;
  }
  relay_orders orders{packet.front() != '\0'};
  packet.remove_prefix(1);
  while (const auto order = take<relay_order>(packet)) {
    orders.orders.push_back(*order);
  }
  return packet.empty() ? std::optional(std::move(orders)) : std::nullopt;
}

}  // namespace slipway::harness::internal
