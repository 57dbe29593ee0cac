// slipway/actors/linked_fifo.hpp
//
// A queue whose middle can be left, over entries that are kept elsewhere by id.
// Belongs here: the order. Does not: the entries, what they mean.
// Invariants: (1) an id is in at most one fifo at a time; (2) joining and leaving cost O(1);
//             (3) it is a value: copied together with its entries it is the same queue.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

namespace slipway {

/// What each entry carries for the fifo that it is in.
template <class Id>
struct fifo_links {
  std::optional<Id> before;
  std::optional<Id> after;

  friend bool operator==(const fifo_links&, const fifo_links&) = default;
};

/// The order of some of the entries of a map from `Id` to a struct with `fifo_links<Id> links`.
template <class Id>
class linked_fifo {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const std::optional<Id>& front() const { return front_; }
  [[nodiscard]] const std::optional<Id>& back() const { return back_; }

  /// `id` must be in no fifo.
  template <class Entries>
  void push_back(Entries& entries, Id id) {
    entries.at(id).links = {back_, std::nullopt};
    (back_ ? entries.at(*back_).links.after : front_) = id;
    back_ = id;
    ++size_;
  }

  /// `id` must be in this fifo.
  template <class Entries>
  void erase(Entries& entries, Id id) {
    fifo_links<Id>& links = entries.at(id).links;
    (links.before ? entries.at(*links.before).links.after : front_) = links.after;
    (links.after ? entries.at(*links.after).links.before : back_) = links.before;
    links = {};
    --size_;
  }

  friend bool operator==(const linked_fifo&, const linked_fifo&) = default;

 private:
  std::optional<Id> front_;
  std::optional<Id> back_;
  std::size_t size_ = 0;
};

}  // namespace slipway
